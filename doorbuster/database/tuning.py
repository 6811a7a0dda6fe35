"""What the embedded PostgreSQL is told: durable always, sized by the machine, quiet during a sale.

Promises: a committed answer survives a power cut (fsync, synchronous_commit and full_page_writes stay on).
Never: overrides what an operator set with ALTER SYSTEM; those lines are read last and win.
"""

import os
from pathlib import Path

MEBIBYTE = 1024 * 1024
RESERVED_CONNECTIONS = 2
"""For the watch alone: it must see what goes on while everybody else is refused."""
_CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def configuration(port: int, connections_max: int, memory_bytes: int) -> str:
    """Return the lines of `doorbuster.conf` for a machine with this much memory."""
    shared = _between(memory_bytes // 8, 64 * MEBIBYTE, 4096 * MEBIBYTE) // MEBIBYTE
    cached = max(memory_bytes // 2 // MEBIBYTE, shared)
    upkeep = _between(memory_bytes // 32, 32 * MEBIBYTE, 512 * MEBIBYTE) // MEBIBYTE
    return f"""\
# Written at every start; change a setting with ALTER SYSTEM instead, it is read after this file.
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '..'
unix_socket_permissions = 0700
max_connections = {connections_max + RESERVED_CONNECTIONS}
reserved_connections = {RESERVED_CONNECTIONS}
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
password_encryption = 'scram-sha-256'

# Durable: an answer that was given is on the disk.
fsync = on
synchronous_commit = on
full_page_writes = on

# Memory.
shared_buffers = {shared}MB
effective_cache_size = {cached}MB
maintenance_work_mem = {upkeep}MB
work_mem = 8MB

# A sale is one burst of writes: no checkpoint may be forced by its volume, and a checkpoint is spread over minutes.
max_wal_size = 2GB
min_wal_size = 160MB
checkpoint_timeout = 15min
checkpoint_completion_target = 0.9

# Hot rows leave many dead versions in small tables: look often, work briefly.
autovacuum_naptime = 10s
autovacuum_vacuum_cost_limit = 1000
autovacuum_vacuum_scale_factor = 0.05
autovacuum_analyze_scale_factor = 0.05

# Plans for short statements on solid-state disks.
random_page_cost = 1.1
jit = off
track_io_timing = on
track_wal_io_timing = on
idle_in_transaction_session_timeout = 60s

# A log that tells slow statements, lock waits and temporary files; a week of it is kept.
logging_collector = on
log_directory = '../log'
log_filename = 'postgresql-%a.log'
log_file_mode = 0600
log_rotation_age = 1d
log_rotation_size = 0
log_truncate_on_rotation = on
log_line_prefix = '%m [%p] %a '
log_min_duration_statement = 250ms
log_parameter_max_length = 0
log_lock_waits = on
log_checkpoints = on
log_autovacuum_min_duration = 1s
log_temp_files = 10MB
"""


def memory_bytes() -> int:
    """Return the memory this process may use: the machine's, or its container's limit when that is less."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [int(text) for path in _CGROUP_LIMITS if (text := _read(path)).isdecimal()]
    return min([machine, *limits])


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def _between(value: int, least: int, most: int) -> int:
    return max(least, min(value, most))
