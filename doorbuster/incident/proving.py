"""Runs the proofs of action items again, so that what is proved stays so: one at a time, while the shop is quiet.

Each beat what drills left in the home's history is written down, whoever played them. Then, if all is quiet, the
proof whose turn it is runs in a process of its own: a drill in a shop of its own, the review on generated shops, an
alert on what was measured during its incident.

Promises: one proof at a time, at the lowest priority, with an end; never while customers are hurt, a sale is near, or
the machine is busy; a proof that cannot be run here waits its turn again, and the board says why.
Never: plays a drill with the shop that sells.
"""

import asyncio
import logging
import os
import shutil
import signal
import sys
from asyncio.subprocess import DEVNULL, STDOUT, Process, create_subprocess_exec
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from doorbuster.clock import Clock
from doorbuster.errors import DoorbusterError, EventLogUnavailable
from doorbuster.incident import alert_proof, items, proofs
from doorbuster.journal import EventLog

BEAT_SECONDS = 60.0
SETTLE_SECONDS = 3_600.0
"""A control plane that has just started leaves its machine in peace for so long."""
PROOF_SECONDS_MAX = 3_600.0
END_SECONDS = 20.0
FOLDER = "proofs"
FILES_KEPT = 100
COMMANDS = {
    "drill": ("drill", "{name}", "--own-shop"),
    "review": ("review", "--quick"),
}
"""Kind of a proof -> the command that runs it, in the folder of proofs."""
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV")
"""A proof's process gets no more of our environment: nothing of it leads to the shop that sells."""
ONLY_HERE = {"review:house"}
FAULT = "doorbuster: "
"""How a command line begins that says why a command could not be done."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chances:
    """When a proof may run: how old the newest run may become (0: never by itself), and whether the shop is quiet."""

    every_seconds: float
    quiet: Callable[[], bool]


class Prover:
    """Looks once a minute whose turn it is."""

    def __init__(self, log: EventLog, home: Path, chances: Chances) -> None:
        """Begin; whose turn it is is read from the event log."""
        self._log, self._home, self._chances = log, home, chances

    async def run(self, clock: Clock) -> None:
        """Beat until cancelled."""
        began = clock.monotonic()
        while True:
            settled = clock.monotonic() - began >= SETTLE_SECONDS
            try:
                await self.beat(int(clock.now().timestamp()), settled=settled)
            except EventLogUnavailable:
                logger.warning("the proofs wait for the event log")
            except Exception:
                logger.exception("a beat of the proofs failed")
            await asyncio.sleep(BEAT_SECONDS)

    async def beat(self, now: int, *, settled: bool) -> str | None:
        """Write down what was played; run the proof whose turn it is, if one may run, and return it."""
        await asyncio.to_thread(proofs.from_history, self._log, self._home)
        if not (settled and self._chances.every_seconds and await asyncio.to_thread(self._chances.quiet)):
            return None
        proof = await asyncio.to_thread(items.next_in_turn, self._log, int(now - self._chances.every_seconds))
        if proof is not None:
            # It is written down first, so that a proof that takes us down with it is not the next one again.
            await asyncio.to_thread(items.attempted, self._log, proof, now, "it did not come to an end")
            why = await self._prove(proof, now)
            await asyncio.to_thread(items.attempted, self._log, proof, now, why)
        return proof

    async def _prove(self, proof: str, now: int) -> str:
        """Run a proof; return why it could not be run, or nothing."""
        kind, _, name = proof.partition(":")
        if kind == "alert":
            return await asyncio.to_thread(self._try_alert, proof, name, now)
        if kind == "review" and proof not in ONLY_HERE:
            return "it is run by hand, in a checkout: make review"
        folder = self._home / FOLDER
        folder.mkdir(exist_ok=True)
        said = folder / "last.txt"
        await asyncio.to_thread(_tidy, folder)
        status = await self._process([word.format(name=name) for word in COMMANDS[kind]], folder, said)
        told = await asyncio.to_thread(self._collect, proof, folder, now)
        if told:
            return ""
        uncounted = await asyncio.to_thread(proofs.uncounted, self._home, proof, now)
        return uncounted or f"{_reason(said)} (exit status {status})"

    def _collect(self, proof: str, folder: Path, since: int) -> bool:
        """Write down what the process left; say whether there is a run that is newer than its beginning."""
        proofs.from_history(self._log, self._home)
        file = folder / "out" / proofs.file_of(proof)
        if proof.startswith("review:") and file.is_file():
            with suppress(DoorbusterError):
                proofs.from_file(self._log, proof, file)
        return any(run.at >= since and not run.as_it_was for run in items.runs_of(self._log, proof))

    def _try_alert(self, proof: str, rule: str, now: int) -> str:
        run = alert_proof.tried(self._log, rule, items.incident_proved_by(self._log, proof), now)
        if isinstance(run, str):
            return run
        items.record_run(self._log, proof, run)
        return ""

    async def _process(self, words: list[str], folder: Path, said: Path) -> int:
        """Run a command of ours to its end, within its time; it and all that it started end with us."""
        polite = [nice, "-n", "19"] if (nice := shutil.which("nice")) else []
        environment = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        environment |= {"DOORBUSTER_HOME": str(self._home), "COLUMNS": "120"}
        with said.open("wb") as output:
            process = await create_subprocess_exec(
                *polite, sys.executable, "-m", "doorbuster", *words, cwd=folder, env=environment, stdin=DEVNULL,
                stdout=output, stderr=STDOUT, start_new_session=True,
            )  # fmt: skip
        try:
            async with asyncio.timeout(PROOF_SECONDS_MAX):
                return await process.wait()
        except TimeoutError:
            return -signal.SIGTERM
        finally:
            await _ended(process)


async def _ended(process: Process) -> None:
    """End a process that still runs: politely, so that its own shop is closed, and after a while by force."""
    for word in (signal.SIGTERM, signal.SIGKILL):
        if process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, word)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), END_SECONDS)


def _tidy(folder: Path) -> None:
    """Keep only the newest files that earlier proofs left."""
    files = sorted((each for each in folder.rglob("*") if each.is_file()), key=lambda each: -each.stat().st_mtime)
    for each in files[FILES_KEPT:]:
        each.unlink(missing_ok=True)


def _reason(said: Path) -> str:
    """Return why a process left no result: the fault that it named, else its last words."""
    lines = [line.strip() for line in said.read_text(errors="replace").splitlines() if line.strip()]
    # What stands behind a fault may be the words of the drill's own shop, with links that are nobody's business.
    named = [line.removeprefix(FAULT) for line in lines if line.startswith(FAULT)]
    return (named or lines or ["it said nothing"])[-1][:300]
