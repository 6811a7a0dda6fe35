"""The rows of the table about what the shop runs on: the database, the workers, the machine, the work for later."""

from doorbuster.watch.measuring import count, last, mean, plus, share, unheard, until_empty, where
from doorbuster.watch.rule import Proviso, Rule

DATABASE = ("Look at the database", "/database")
LOAD = ("Take load off", "/guard/load")
OUTBOX = ("Open the outbox", "/outbox")
OVERVIEW = ("Look at the workers", "/")
DOWN = ("DatabaseDown",)
GIB = 1024**3
NO_AUDIT = Proviso(count("audit.running", 30), below=1)
"""The auditor reads large tables from end to end, and means to."""
FORCED = count("db.checkpoints_requested", 600)

THE_DATABASE = (
    Rule(
        name="DatabaseDown", severity="page", team="database", measure=last("db.up"), below=1, hold=3, clear=15,
        unit="count", lever=("See why", "/"),
        says="PostgreSQL does not answer: nobody can buy.",
    ),
    Rule(
        name="DatabaseSlow", severity="ticket", team="database", measure=mean("db.answer_seconds", 10), above=0.5,
        eases=0.2, hold=10, unit="seconds", lever=DATABASE, follows=DOWN,
        says="PostgreSQL takes {value} to answer the simplest question (limit {limit}).",
    ),
    Rule(
        name="ConnectionsHigh", severity="ticket", team="database",
        measure=share(mean("db.connections", 10), mean("db.connections_max", 10)), above=0.8, eases=0.7, hold=60,
        clear=120, unit="share", lever=DATABASE, follows=(*DOWN, "ConnectionsExhausted"),
        says="{value} of PostgreSQL's connections are in use (limit {limit}).",
    ),
    Rule(
        name="ConnectionsExhausted", severity="page", team="database", measure=count("db.refused_connections", 10),
        above=0, hold=3, clear=120, unit="count", lever=LOAD, follows=DOWN,
        says="PostgreSQL refused {value} connections in the last ten seconds: it has none left.",
    ),
    Rule(
        name="PoolWaiting", severity="ticket", team="database", measure=mean("pool.wait_seconds", 10), above=4.0,
        eases=1.0, hold=15, unit="count", lever=LOAD, follows=DOWN,
        says="{value} requests wait for a connection of their worker at any moment (limit {limit}).",
    ),
    Rule(
        name="IdleInTransaction", severity="ticket", team="database", measure=mean("db.idle_in_transaction", 30),
        above=5, eases=2, hold=30, unit="count", lever=DATABASE, follows=DOWN,
        says="{value} sessions hold a transaction open and do nothing (limit {limit}).",
    ),
    Rule(
        name="LongTransaction", severity="ticket", team="database", measure=last("db.oldest_transaction_seconds"),
        above=300, hold=10, unit="seconds", lever=DATABASE, follows=DOWN,
        says="A transaction has been open for {value} (limit {limit}): it holds its locks and keeps dead rows.",
    ),
    Rule(
        name="LockWaits", severity="ticket", team="database", measure=mean("db.blocked", 5), above=5, eases=2, hold=10,
        unit="count", lever=DATABASE, follows=DOWN,
        says="{value} sessions wait for a lock that another one holds (limit {limit}).",
    ),
    Rule(
        name="LockHeld", severity="page", team="database", measure=mean("db.longest_lock_seconds", 5), above=0.8,
        eases=0.2, hold=3, unit="seconds", lever=DATABASE, follows=DOWN,
        says="Statements wait {value} for a lock that somebody holds (limit {limit}).",
    ),
    Rule(
        name="Deadlocks", severity="ticket", team="database", measure=count("db.deadlocks", 300), above=0, hold=0,
        clear=300, unit="count", lever=DATABASE,
        says="PostgreSQL ended {value} deadlocks in the last five minutes; this shop's order of locks allows none.",
    ),
    Rule(
        name="SequentialScans", severity="ticket", team="database", measure=mean("db.seq_rows", 15, of=True),
        above=200_000, eases=50_000, hold=15, unit="rate", lever=DATABASE, follows=DOWN, provided=(NO_AUDIT,),
        says="Sequential scans read rows of {subject}: {value} (limit {limit}). An index is missing or not used.",
    ),
    Rule(
        name="IndexMissing", severity="ticket", team="database", measure=last("db.indexes_lacking"), above=0, hold=3,
        clear=15, unit="count", lever=("Add it", "/diagnosis"), follows=DOWN,
        says="{value} of the indexes that the shop's statements need are not there: the next crowd will feel it.",
    ),
    Rule(
        name="TempFiles", severity="ticket", team="database", measure=mean("db.temp_bytes", 30), above=50 * 1024**2,
        eases=10 * 1024**2, hold=60, unit="bytes", lever=DATABASE, follows=DOWN,
        says="Queries spill {value} a second to temporary files (limit {limit}).",
    ),
    Rule(
        name="CheckpointsForced", severity="ticket", team="database",
        measure=share(FORCED, plus(FORCED, count("db.checkpoints_timed", 600))), above=0.5, hold=60, clear=600,
        unit="share", provided=(Proviso(FORCED, least=3),), lever=DATABASE, follows=DOWN,
        says="{value} of the last ten minutes' checkpoints were forced by the amount of WAL (limit {limit}).",
    ),
    Rule(
        name="ReplicationLag", severity="ticket", team="database", measure=last("db.replication_lag_seconds"), above=30,
        eases=10, hold=60, unit="seconds", lever=DATABASE, follows=DOWN,
        says="A standby is {value} behind (limit {limit}).",
    ),
    Rule(
        name="TableBloated", severity="ticket", team="database", above=0.5, eases=0.3, hold=600, clear=600,
        measure=where(last("db.bloat_share", of=True), last("db.dead_rows", of=True), 50_000), unit="share",
        lever=DATABASE,
        says="{value} of {subject} is dead rows (limit {limit}): vacuum does not keep up.",
    ),
    Rule(
        name="DatabaseUnwatched", severity="ticket", team="platform", measure=unheard("db.up"), above=15, hold=5,
        unit="seconds", lever=OVERVIEW, follows=("SensesSilent",),
        says="Nothing has been heard of the database's health for {value} (limit {limit}).",
    ),
)  # fmt: skip

THE_WORKERS = (
    Rule(
        name="WorkersGone", severity="page", team="platform", measure=last("web.workers"), below=1, hold=5, clear=15,
        unit="count", lever=("Look at the processes", "/"),
        says="No shop worker is alive: the shop is closed.",
    ),
    Rule(
        name="WorkerRestarting", severity="ticket", team="web", measure=count("web.restarts", 300), above=4, hold=0,
        clear=600, unit="count", lever=OVERVIEW,
        says="{value} workers were started in the last five minutes (limit {limit}): one dies again and again.",
    ),
    Rule(
        name="WebCpuHigh", severity="ticket", team="web", measure=mean("web.cpu_share", 30), above=0.9, eases=0.75,
        hold=60, unit="share", lever=LOAD,
        says="The busiest worker uses {value} of its core (limit {limit}).",
    ),
    Rule(
        name="EventLoopLate", severity="ticket", team="web", measure=mean("web.lag", 5), above=0.5, eases=0.2, hold=5,
        unit="seconds", lever=LOAD,
        says="A worker's event loop runs {value} late (limit {limit}): everything in that worker waits.",
    ),
    Rule(
        name="WorkerMemoryHigh", severity="ticket", team="web", measure=last("web.memory_bytes"), above=1.0 * GIB,
        eases=0.8 * GIB, hold=120, unit="bytes", lever=OVERVIEW,
        says="A worker has grown to {value} (limit {limit}).",
    ),
    Rule(
        name="FilesHigh", severity="ticket", team="web", measure=last("web.files"), above=800, eases=600, hold=30,
        unit="count", lever=LOAD,
        says="A worker has {value} files and connections open (limit {limit}; 1,024 is where many systems stop it).",
    ),
    Rule(
        name="SensesSilent", severity="page", team="platform", measure=unheard(), above=5, hold=10, clear=10,
        unit="seconds", lever=OVERVIEW,
        says="The control room has measured nothing for {value} (limit {limit}): it would not see trouble.",
    ),
)  # fmt: skip

THE_MACHINE = (
    Rule(
        name="HostCpuHigh", severity="ticket", team="platform", measure=mean("host.cpu_share", 60), above=0.95,
        eases=0.85, hold=120, unit="share", lever=LOAD,
        says="The machine's processors are {value} busy (limit {limit}).",
    ),
    Rule(
        name="HostMemoryHigh", severity="ticket", team="platform", measure=mean("host.memory_share", 30), above=0.9,
        eases=0.85, hold=60, unit="share", lever=OVERVIEW, follows=("HostMemoryGone",),
        says="{value} of the machine's memory is in use (limit {limit}).",
    ),
    Rule(
        name="HostMemoryGone", severity="page", team="platform", measure=mean("host.memory_share", 10), above=0.97,
        eases=0.93, hold=20, unit="share", lever=OVERVIEW,
        says="{value} of the machine's memory is in use (limit {limit}): the kernel will end a process soon.",
    ),
    Rule(
        name="DiskFillsSoon", severity="ticket", team="platform", measure=until_empty("disk.free_bytes", 6),
        below=86_400, eases=2 * 86_400, hold=300, clear=900, unit="seconds", lever=DATABASE, follows=("DiskFull",),
        provided=(Proviso(last("disk.free_share"), below=0.5),),
        says="At the pace of the last six hours the disk is full in {value} (limit {limit}).",
    ),
    Rule(
        name="DiskLow", severity="ticket", team="platform", measure=last("disk.free_share"), below=0.15, eases=0.2,
        hold=60, unit="share", lever=DATABASE, follows=("DiskFull",),
        says="{value} of the disk is free (limit {limit}).",
    ),
    Rule(
        name="DiskFull", severity="page", team="platform", measure=last("disk.free_bytes"), below=0.5 * GIB,
        eases=1.0 * GIB, hold=5, unit="bytes", lever=DATABASE,
        says="{value} of the disk are free (limit {limit}): PostgreSQL stops when it is full.",
    ),
)  # fmt: skip

THE_WORK_FOR_LATER = (
    Rule(
        name="JobsGone", severity="page", team="platform", measure=last("jobs.workers"), below=1, hold=6, clear=15,
        unit="count", lever=("Look at the processes", "/"),
        says="No job worker is alive: waiting rooms let nobody in, holds do not end, mails and refunds wait.",
    ),
    Rule(
        name="JobsStuck", severity="ticket", team="platform", measure=last("jobs.oldest_seconds"), above=300, eases=60,
        hold=30, unit="seconds", lever=OUTBOX, follows=(*DOWN, "JobsGone"),
        says="Due work has waited for {value} (limit {limit}): mails and refunds come late.",
    ),
    Rule(
        name="JobsParked", severity="ticket", team="platform", measure=last("jobs.parked"), above=0, hold=30, clear=30,
        unit="count", lever=OUTBOX,
        says="{value} jobs failed too often and wait for a person.",
    ),
)  # fmt: skip

RESOURCES = (*THE_DATABASE, *THE_WORKERS, *THE_MACHINE, *THE_WORK_FOR_LATER)
