"""The listening sockets of all processes, opened by the supervisor and inherited.

Promises: connections queue here while a process is replaced; a taken port is answered with who has it and the mend.
"""

import errno
import socket
from pathlib import Path

from doorbuster.errors import Misconfigured
from doorbuster.serving import BACKLOG


def listen(host: str, port: int, variable: str) -> socket.socket:
    """Open a listening socket; raise Misconfigured naming the variable to change. Port 0 means any free one."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as fault:
        raise Misconfigured(f"HOST={host} is no address of this machine: {fault.strerror}") from fault
    opened = socket.socket(family, kind, protocol)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.bind(address)
        opened.listen(BACKLOG)
    except OSError as fault:
        opened.close()
        raise Misconfigured(_refusal(fault, host, port, variable)) from fault
    return opened


def _refusal(fault: OSError, host: str, port: int, variable: str) -> str:
    if fault.errno == errno.EADDRINUSE:
        owner = _owner(port)
        taken = f"port {port} is taken" + (f" by {owner}" if owner else "")
        return f"{taken}: stop that, or choose another, for example {variable}={port + 10 if port < 65_000 else 8000}"
    if fault.errno == errno.EACCES:
        return f"{variable}={port} needs the rights of an administrator: choose a port above 1023"
    if fault.errno == errno.EADDRNOTAVAIL:
        return f"HOST={host} is no address of this machine: use 127.0.0.1 for this machine, 0.0.0.0 for everybody"
    return f"{variable}={port} cannot be listened on: {fault.strerror}"


def _owner(port: int) -> str:
    """Return the name and number of the process that listens on a port, or nothing where the kernel does not tell."""
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for process in Path("/proc").glob("[0-9]*") if sockets else ():
        try:
            links = {str(link.readlink()) for link in (process / "fd").iterdir()}
            if links & sockets:
                return f"{(process / 'comm').read_text().strip()} (process {process.name})"
        except OSError:
            continue
    return ""


def _listening_inodes(port: int) -> set[str]:
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for words in map(str.split, lines):
            listening, number = words[3] == "0A", int(words[1].rpartition(":")[2], 16)
            if listening and number == port:
                inodes.add(words[9])
    return inodes
