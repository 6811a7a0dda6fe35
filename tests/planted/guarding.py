"""Mistakes in the guard and the waiting room: limits, the line, the throttle, passes, the draw, the release."""

from tests.planted.bug import Bug, bugs_of

METER = bugs_of("doorbuster/guard/gcra.py", "tests/rooms/guard/test_gcra.py")
RATE_LIMIT = bugs_of("doorbuster/guard/rate_limit.py", "tests/rooms/guard/test_rate_limit.py")
GATE = bugs_of("doorbuster/guard/admission.py", "tests/rooms/guard/test_admission.py")
REHEARSAL = bugs_of("doorbuster/guard/rehearsal.py", "tests/rooms/guard/test_rehearsal.py")
THROTTLE = bugs_of("doorbuster/downstream.py", "tests/rooms/downstream/test_throttle.py")
ROOM_GATE = bugs_of("doorbuster/room/gate.py", "tests/rooms/room/test_gate.py")
RELEASE = bugs_of("doorbuster/room/release.py", "tests/rooms/room/test_release.py")
ADMIT = bugs_of(
    "doorbuster/room/admit.function.sql", "tests/rooms/room/test_release.py", "tests/rooms/room/test_entering.py"
)
FLOOD = bugs_of("doorbuster/room/flood.py", "tests/rooms/room/test_flood.py")

GUARDING: tuple[Bug, ...] = (
    METER.bug(
        "one request more than the burst",
        "a limit holds",
        "        if remaining >= 1:",
        "        if remaining >= 0:",
    ),
    RATE_LIMIT.bug(
        "the network's bound is not asked",
        "a limit holds",
        "if (own.passes and shared.passes) or not meters.limit.enforced:",
        "if own.passes or not meters.limit.enforced:",
    ),
    GATE.bug(
        "who bears a pass is shed",
        "an admitted buyer is never refused",
        "        if request.kept:\n            return None\n",
        "",
    ),
    GATE.bug(
        "a place is never given back",
        "everything has a limit",
        "            self.line.leave(lane)\n",
        "            pass\n",
    ),
    REHEARSAL.bug(
        "what a trial refuses counts as if it had passed",
        "true answers",
        "            return True\n        own.count",
        "            own.count(client, at)\n            return True\n        own.count",
    ),
    THROTTLE.bug(
        "a provider that is left in peace is never asked again",
        "a recovery is noticed",
        "        if not self._probing and now >= self._probe_from:",
        "        if False:",
    ),
    THROTTLE.bug(
        "retries have no budget",
        "everything has a limit",
        "        if retries + 1 > RETRIES_MIN + RETRY_SHARE * calls:",
        "        if False:",
    ),
    ROOM_GATE.bug(
        "anybody's pass lets anybody in",
        "one pass per customer",
        "or not self._signer.is_pass(sale_id, shopper.key, text, now):",
        "or not any(self._signer.is_pass(sale_id, key, text, now) for key in (shopper.key, text.partition('~')[0])) "
        "and '~' not in text:",
    ),
    RELEASE.bug(
        "the stock does not bound who is let in",
        "nobody is let in for nothing",
        "seen.admitted + min(burst, max(0.0, free)))",
        "seen.admitted + burst)",
    ),
    ADMIT.bug(
        "more are let in than the allowance says",
        "nobody is let in for nothing",
        "WHEN v_room.admitted + v_passed + 1 > v_room.allowance THEN 'OneMoment'",
        "WHEN false THEN 'OneMoment'",
    ),
    ADMIT.bug(
        "who was not called is let in",
        "nobody is overtaken",
        "v_row.position >= v_room.serving THEN 'NotYet'",
        "v_row.position > v_room.tail THEN 'NotYet'",
    ),
    FLOOD.bug(
        "a flood ends the sum as soon as it pauses",
        "bots pay for tickets",
        "(0 if loud else self._calm + 1) + windows - 1",
        "(0 if loud else CALM_WINDOWS) + windows - 1",
    ),
)
