"""Importing any module of the house does nothing: no socket, no thread, no file written, no child process."""

import subprocess
import sys

from tests.house.rooms import ROOT, modules

IMPORT_EVERYTHING = """
import builtins, importlib, io, socket, subprocess, sys, threading

made = []
module = ""
def guarded(owner, name, harmless=lambda *given, **named: False):
    real = getattr(owner, name)
    def call(*given, **named):
        if not harmless(*given, **named):
            made.append(f"{module}: {name} {given[1:2]}")
        return real(*given, **named)
    setattr(owner, name, call)

names = sys.argv[1:]
# Libraries may do what they like while they are imported; we are judged once they are all there.
for name in names:
    importlib.import_module(name)
for name in [name for name in sys.modules if name.split(".")[0] == "doorbuster"]:
    del sys.modules[name]

guarded(socket.socket, "connect")
guarded(socket.socket, "bind")
guarded(threading.Thread, "start")
guarded(subprocess.Popen, "__init__")
for owner in (builtins, io):
    guarded(owner, "open", lambda path, mode="r", *given, **named: not set(mode) & set("wax+"))
for name in names:
    module = name
    importlib.import_module(name)
print("\\n".join(made))
"""


def test_nothing_happens_on_import():
    names = [module.name for module in modules() if not module.name.endswith("__main__")]

    done = subprocess.run(
        [sys.executable, "-c", IMPORT_EVERYTHING, *names],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == ""
