"""Mistakes around the engine: batches, background work, identities, the constraints and the auditor itself."""

from tests.planted.bug import Bug, bugs_of

BATCHES = bugs_of("doorbuster/database/coalesce.py", "tests/rooms/database/test_coalesce.py")
CALLBACKS = bugs_of("doorbuster/shop/callbacks.py", "tests/rooms/shop/test_callbacks.py")
OUTBOX = bugs_of("doorbuster/jobs/outbox.sql", "tests/rooms/jobs")
MAIL = bugs_of("doorbuster/jobs/mail.py", "tests/rooms/jobs")
SESSIONS = bugs_of("doorbuster/web/sessions.py", "tests/rooms/web/test_sessions.py")
ORIGIN = bugs_of("doorbuster/web/origin.py", "tests/rooms/web", "tests/rooms/control")
STOCK_TABLES = bugs_of("doorbuster/database/migrations/0002_stock_and_sales.sql", "tests/rooms/database/test_guards.py")
ORDER_TABLES = bugs_of("doorbuster/database/migrations/0003_orders.sql", "tests/rooms/database/test_guards.py")
AUDIT_STOCK = bugs_of("doorbuster/audit/stock.sql", "tests/rooms/audit")
AUDIT_ORDERS = bugs_of("doorbuster/audit/orders.sql", "tests/rooms/audit")
DURABILITY = bugs_of("doorbuster/database/tuning.py", "tests/rooms/database/test_embedded.py")

EDGES: tuple[Bug, ...] = (
    BATCHES.bug(
        "the answers of a batch go to the wrong callers",
        "true answers",
        "for waiting, answer in zip(batch, answers, strict=True):",
        "for waiting, answer in zip(batch, reversed(answers), strict=True):",
    ),
    BATCHES.bug(
        "one bad item fails its neighbours",
        "true answers",
        "            for waiting in batch:\n                await self._send([waiting])\n            return",
        "            _fail(batch, fault)\n            return",
    ),
    BATCHES.bug(
        "a customer may be in a batch twice",
        "one effect per key",
        "elif (conflict := self._conflict_of(waiting.item)) in seen:",
        "elif (conflict := self._conflict_of(waiting.item)) in ():",
    ),
    BATCHES.bug(
        "who left is served all the same",
        "nothing is done for nobody",
        '            if waiting.answer.done():\n                DROPPED.add(self._name, "left")\n            elif',
        "            if",
    ),
    BATCHES.bug(
        "the line has no end",
        "everything has a limit",
        "if len(lane.waiting) >= self._waiting_max:",
        "if len(lane.waiting) >= 1_000 * self._waiting_max:",
    ),
    BATCHES.bug(
        "a broken connection fails a batch at once",
        "true answers",
        "except (errors.DatabaseUnavailable, errors.DatabaseContention,",
        "except (errors.DatabaseContention,",
    ),
    CALLBACKS.bug(
        "a callback is confirmed although the database did not take it",
        "a promise is never lost",
        'return PlainTextResponse("try again\\n", 503, {"retry-after": "1"})',
        'return PlainTextResponse("thank you\\n", 200)',
    ),
    OUTBOX.bug(
        "work is queued and stays in the outbox as well",
        "each effect once",
        "DELETE FROM outbox o USING due WHERE o.id = due.id RETURNING o.id, o.kind, o.payload, o.created_at",
        "SELECT o.id, o.kind, o.payload, o.created_at FROM outbox o JOIN due ON o.id = due.id",
    ),
    OUTBOX.bug(
        "work leaves the outbox and never reaches the queue",
        "work is asked for with the change",
        "'queued', 'outbox:' || id FROM moved ORDER BY id",
        "'queued', 'outbox:' || id FROM moved WHERE false ORDER BY id",
    ),
    MAIL.bug(
        "a mail is sent as often as it is asked for",
        "each effect once",
        'or row["state"] in ("sent", "kept"):',
        'or row["state"] == "kept":',
    ),
    SESSIONS.bug(
        "a forged cookie is believed",
        "nobody touches what is another's",
        "    if not compare_digest(signature, _signature(identity, secret)):\n        return None\n",
        "",
    ),
    ORIGIN.bug(
        "forms of other sites are taken for our own",
        "nobody acts in another's name",
        'return urlsplit(origin).netloc in own_hosts | {headers.get("host", "")}',
        "return True",
    ),
    STOCK_TABLES.bug(
        "the database does not mind overselling",
        "one promise per unit",
        "CONSTRAINT stock_pools_never_oversold CHECK (held + sold <= on_hand)",
        "CONSTRAINT stock_pools_never_oversold CHECK (held + sold <= on_hand + 1)",
    ),
    STOCK_TABLES.bug(
        "the database does not mind a limit that is passed",
        "limit per customer",
        "CONSTRAINT sale_customers_within_limit CHECK (held + sold <= maximum)",
        "CONSTRAINT sale_customers_within_limit CHECK (held <= maximum)",
    ),
    STOCK_TABLES.bug(
        "the ledger can be rewritten",
        "every unit in the ledger",
        "CREATE TRIGGER stock_movements_append_only BEFORE UPDATE OR DELETE ON stock_movements",
        "CREATE TRIGGER stock_movements_append_only BEFORE DELETE ON stock_movements",
    ),
    ORDER_TABLES.bug(
        "the database does not mind a hold that becomes two orders",
        "one promise per unit",
        "CREATE UNIQUE INDEX order_lines_hold_once ON order_lines (hold_id)",
        "CREATE UNIQUE INDEX order_lines_hold_once ON order_lines (hold_id, position)",
    ),
    ORDER_TABLES.bug(
        "the database does not mind giving back more than was paid",
        "money adds up",
        "CHECK (refunded_amount BETWEEN 0 AND amount)",
        "CHECK (refunded_amount >= 0)",
    ),
    AUDIT_STOCK.bug(
        "the auditor does not see that units moved without a trace",
        "the auditor sees it",
        "IS DISTINCT FROM (coalesce(m.on_hand, 0), coalesce(m.held, 0), coalesce(m.sold, 0))",
        "IS DISTINCT FROM (coalesce(m.on_hand, p.on_hand), p.held, p.sold)",
    ),
    AUDIT_STOCK.bug(
        "the auditor does not see an oversold pool",
        "the auditor sees it",
        "WHERE p.held + p.sold > p.on_hand OR p.held < 0 OR p.sold < 0",
        "WHERE p.held > p.on_hand OR p.held < 0 OR p.sold < 0",
    ),
    AUDIT_ORDERS.bug(
        "the auditor does not see an order that nobody paid",
        "the auditor sees it",
        "CASE WHEN p.order_id IS NULL THEN true",
        "CASE WHEN p.order_id IS NULL THEN false",
    ),
    AUDIT_ORDERS.bug(
        "the auditor does not see a refund that is in the books and was never made",
        "the auditor sees it",
        "WHERE p.refunded_amount <> coalesce(r.done, 0) OR coalesce(r.asked, 0) > p.amount",
        "WHERE coalesce(r.asked, 0) > p.amount",
    ),
    DURABILITY.bug(
        "an answer is given before it is on the disk",
        "a promise is never lost",
        "synchronous_commit = on\n",
        "synchronous_commit = off\n",
    ),
)
