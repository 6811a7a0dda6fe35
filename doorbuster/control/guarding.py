"""The guard's policy on its way to the workers: read from the levers twice a second, sent with the answer to each push.

Changes to be tried go the same way, and what workers found comes with their snapshots.

Promises: a lever pulled here or at the command line reaches every worker within about a second and a half; the last
policy also lies in the home folder, so that a worker that starts while the control plane is down obeys it, too.
Never: needs PostgreSQL.
"""

import asyncio
import contextlib
from pathlib import Path

from doorbuster.clock import Clock, new_id
from doorbuster.errors import EventLogUnavailable
from doorbuster.guard import levers
from doorbuster.guard.policy import Limit, Policy, encode
from doorbuster.guard.rate_limit import POLICY_FILE
from doorbuster.guard.rehearsal import QUESTIONS_MAX, News, Question, Rehearsal
from doorbuster.guard.rehearsal import encode as encode_news
from doorbuster.journal import EventLog
from doorbuster.watch.collector import Collector

BEAT_SECONDS = 0.5
LOOK_SECONDS, LOOKS_MAX = 0.1, 35
WORKERS = "web-"


class PolicyKeeper:
    """Keeps `news`, what workers are told: the policy in force and what to try; empty before the first look."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.news = b""
        self._policy: Policy | None = None
        self._questions: tuple[Question, ...] = ()

    async def run(self, log: EventLog, clock: Clock, home: Path) -> None:
        """Look at the levers again and again."""
        while True:
            with contextlib.suppress(EventLogUnavailable):
                policy, _ = await asyncio.to_thread(levers.policy_at, log, clock.now())
                if policy != self._policy:
                    self._policy = policy
                    self._tell(self._questions)
                    with contextlib.suppress(OSError):
                        await asyncio.to_thread(_write, home / POLICY_FILE, encode(policy))
            await asyncio.sleep(BEAT_SECONDS)

    async def rehearse(self, collector: Collector, clock: Clock, name: str, limit: Limit | None) -> Rehearsal | None:
        """Ask every living worker what a change would have refused, and add up who answers within 3.5 seconds.

        None when eight others are asking just now.
        """
        if len(self._questions) >= QUESTIONS_MAX:
            return None
        question = Question(new_id().hex, name, limit)
        self._tell((*self._questions, question))
        try:
            found = Rehearsal(0, ())
            for _ in range(LOOKS_MAX):
                await asyncio.sleep(LOOK_SECONDS)
                found = _answers(collector, clock.monotonic(), question.id)
                if len(found.answers) == found.workers:
                    break
            return found
        finally:
            self._tell(tuple(each for each in self._questions if each != question))

    def _tell(self, questions: tuple[Question, ...]) -> None:
        self._questions = questions
        self.news = encode_news(News(self._policy, questions)) if self._policy else b""


def _answers(collector: Collector, now: float, question: str) -> Rehearsal:
    """Return how many workers live, and what those of them found that have answered a question."""
    living = [each.snapshot for each in collector.living(now) if each.snapshot.process.startswith(WORKERS)]
    answers = [answer for each in living for answer in each.rehearsed if answer.question == question]
    return Rehearsal(len(living), tuple(answers))


def _write(path: Path, document: bytes) -> None:
    half_written = path.with_suffix(".half")
    half_written.write_bytes(document)
    half_written.replace(path)
