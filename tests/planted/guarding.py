"""Mistakes in the guard and the waiting room: limits, the line, passes, the release, the flood."""

from tests.planted.bug import Bug, bugs_of

METER = bugs_of("doorbuster/guard/gcra.py", "tests/rooms/guard/test_gcra.py")
RATE_LIMIT = bugs_of("doorbuster/guard/rate_limit.py", "tests/rooms/guard/test_rate_limit.py")
GATE = bugs_of("doorbuster/guard/admission.py", "tests/rooms/guard/test_admission.py")
ROOM_GATE = bugs_of("doorbuster/room/gate.py", "tests/rooms/room/test_gate.py")
RELEASE = bugs_of("doorbuster/room/release.py", "tests/rooms/room/test_release.py")
ADMIT = bugs_of(
    "doorbuster/room/admit.function.sql", "tests/rooms/room/test_release.py", "tests/rooms/room/test_entering.py"
)
THROTTLE = bugs_of("doorbuster/downstream.py", "tests/rooms/downstream/test_throttle.py")
WEBHOOKS = bugs_of("doorbuster/shop/webhooks.py", "tests/rooms/shop/test_webhooks.py")
FLOOD = bugs_of("doorbuster/room/flood.py", "tests/rooms/room/test_flood.py")
ENTER = bugs_of(
    "doorbuster/room/enter.function.sql", "tests/rooms/room/test_networks.py", "tests/rooms/room/test_entering.py"
)
DRAW = bugs_of("doorbuster/room/draw.py", "tests/rooms/room/test_draw.py")

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
    ROOM_GATE.bug(
        "any text is taken for a pass",
        "one pass per customer",
        "if not text or shopper is None or not self._signer.is_pass(sale_id, shopper.key, text, now):",
        "if not text or shopper is None:",
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
    ENTER.bug(
        "all tickets of a network are drawn with everybody's first",
        "one network cannot have the draw",
        "WHEN i.number <= 4 * v_fair THEN 1\n                          ELSE 2 END",
        "ELSE 0 END",
    ),
    ENTER.bug(
        "the whole batch of a network counts as its last ticket",
        "one network cannot have the draw",
        "c.tickets + 1 - row_number() OVER (PARTITION BY w.network ORDER BY w.n DESC) AS number",
        "c.tickets AS number",
    ),
    ENTER.bug(
        "a place at the end is free for a network that has many",
        "bots pay for tickets",
        "WHERE w.band <= w.paid;",
        "WHERE w.band >= 0;",
    ),
    DRAW.bug(
        "the bands are drawn among each other",
        "one network cannot have the draw",
        "        return first + permute(self.seed, self.offsets[stripe] + place - first, ends[band] - first)",
        "        return permute(self.seed, self.offsets[stripe] + place, self.cohort)",
    ),
    METER.bug(
        "who does not wait as told is served all the same",
        "hammering gains nothing",
        "        self._tats[key] = now + self.rate.burst / self.rate.per_second",
        "        pass",
        "tests/rooms/guard/test_rate_limit.py",
    ),
    RATE_LIMIT.bug(
        "who is refused without a cookie gets none",
        "people behind one address have a turn each",
        "        if key.startswith(ADDRESS):",
        "        if False:",
    ),
    ADMIT.bug(
        "passes come in bursts",
        "not more than the rate in any ten seconds",
        "WHEN v_next > v_now THEN 'OneMoment'",
        "WHEN false THEN 'OneMoment'",
    ),
    THROTTLE.bug(
        "a downstream that is left in peace is never asked about",
        "a recovery is noticed",
        "        if not self._probing and now >= self._probe_from:",
        "        if False:",
    ),
    THROTTLE.bug(
        "a failing downstream is asked for everything",
        "a failing provider is left in peace",
        "return max(0.0, (requests - K * accepts) / (requests + 1)) if requests >= EVIDENCE_MIN else 0.0",
        "return 0.0 * accepts * requests",
    ),
    THROTTLE.bug(
        "retries have no budget",
        "everything has a limit",
        "        if retries + 1 > RETRIES_MIN + RETRY_SHARE * calls:",
        "        if retries < 0 > calls:",
    ),
    WEBHOOKS.bug(
        "all receivers of webhooks share one throttle",
        "one that fails keeps no other waiting",
        "        await receiver.downstream.call(",
        "        await next(iter(self._receivers.values())).downstream.call(",
    ),
)
