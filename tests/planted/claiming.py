"""Mistakes in the promise of a unit: claims, expiry, limits, the memory of what is sold out."""

from tests.planted.bug import Bug, bugs_of

CLAIMS = bugs_of("doorbuster/sale/claim.function.sql", "tests/rooms/sale/test_claims.py", "tests/properties")
EXPIRY = bugs_of("doorbuster/sale/expire.function.sql", "tests/rooms/sale/test_expiry.py", "tests/properties")
HOLDS = bugs_of("doorbuster/sale/holds.sql", "tests/rooms/sale/test_claims.py", "tests/rooms/sale/test_expiry.py")
NETWORKS = bugs_of("doorbuster/sale/networks.function.sql", "tests/rooms/sale/test_networks.py")
SHARES = bugs_of("doorbuster/sale/claim.function.sql", "tests/rooms/sale/test_networks.py")
MEMORY = bugs_of("doorbuster/sale/memory.py", "tests/rooms/sale/test_memory.py")
DOOR = bugs_of("doorbuster/sale/door.py", "tests/stories/shopping/test_waiting.py")

CLAIMING: tuple[Bug, ...] = (
    CLAIMS.bug(
        "the pool's row is not locked",
        "one promise per unit",
        "     FOR NO KEY UPDATE OF p;",
        "     ;",
    ),
    CLAIMS.bug(
        "the pool's counters are read before its lock is had",
        "one promise per unit",
        """     FOR NO KEY UPDATE OF p;
  IF NOT FOUND THEN""",
        """     ;
  PERFORM 1 FROM stock_pools WHERE id = v_pool.id FOR NO KEY UPDATE;
  IF NOT FOUND THEN""",
    ),
    CLAIMS.bug(
        "one unit more than there is, to a known caller",
        "one promise per unit",
        "WHEN p_quantities[v_row.n] <= v_left THEN 'Held'",
        "WHEN p_quantities[v_row.n] <= v_left + 1 THEN 'Held'",
    ),
    CLAIMS.bug(
        "one unit more than there is, to a batch of newcomers",
        "one promise per unit",
        "AND v_all.wanted <= v_left AND",
        "AND v_all.wanted <= v_left + 1 AND",
    ),
    CLAIMS.bug(
        "the last unit is kept back",
        "sell all there is",
        "v_left := v_pool.on_hand - v_pool.held - v_pool.sold;",
        "v_left := v_pool.on_hand - v_pool.held - v_pool.sold - 1;",
    ),
    CLAIMS.bug(
        "the limit is one too high for a known caller",
        "limit per customer",
        "> v_sale.limit_per_customer THEN 'LimitReached'",
        "> v_sale.limit_per_customer + 1 THEN 'LimitReached'",
    ),
    CLAIMS.bug(
        "the limit is not asked of newcomers",
        "limit per customer",
        " AND v_all.most <= v_sale.limit_per_customer THEN",
        " THEN",
    ),
    CLAIMS.bug(
        "sold units do not count towards the limit",
        "limit per customer",
        "coalesce(c.held + c.sold, 0) AS has",
        "coalesce(c.held, 0) AS has",
        "tests/rooms/shop/test_settling.py",
    ),
    CLAIMS.bug(
        "a known customer is taken for a newcomer",
        "one effect per key",
        "IF v_closed IS NULL AND v_all.known = 0 AND",
        "IF v_closed IS NULL AND",
    ),
    CLAIMS.bug(
        "the idempotency key is not stored",
        "one effect per key",
        "SELECT w.id, p_sale, v_pool.id, p_variant, w.customer, w.key, w.quantity,",
        "SELECT w.id, p_sale, v_pool.id, p_variant, w.customer, w.id::text, w.quantity,",
    ),
    CLAIMS.bug(
        "the same key with another body is taken for a retry",
        "one effect per key",
        "WHEN v_row.replayed AND v_row.same_request THEN 'Replayed'",
        "WHEN v_row.replayed THEN 'Replayed'",
    ),
    CLAIMS.bug(
        "a second click gets a second hold",
        "one effect per key",
        "WHEN v_row.hold_id IS NOT NULL THEN 'AlreadyYours'",
        "WHEN false THEN 'AlreadyYours'",
    ),
    CLAIMS.bug(
        "an expired hold still counts as one's own",
        "true answers",
        "AND h.state IN ('held', 'paying') AND h.expires_at > v_now))",
        "AND h.state IN ('held', 'paying', 'expired')))",
    ),
    CLAIMS.bug(
        "the ledger does not hear of a hold",
        "every unit in the ledger",
        """    SELECT v_pool.id, 'held', w.quantity, w.id
      FROM unnest(p_ids, p_quantities, v_answers) AS w(id, quantity, answer)
     WHERE w.answer = 'Held';""",
        """    SELECT v_pool.id, 'held', w.quantity, w.id
      FROM unnest(p_ids, p_quantities, v_answers) AS w(id, quantity, answer)
     WHERE w.answer = 'Never';""",
    ),
    CLAIMS.bug(
        "the pool counts a hold of many as one",
        "every unit in the ledger",
        "UPDATE stock_pools SET held = held + v_granted WHERE",
        "UPDATE stock_pools SET held = held + 1 WHERE",
    ),
    CLAIMS.bug(
        "the sale opens a minute early",
        "opening by the database's clock",
        "WHEN v_now < v_sale.opens_at THEN 'NotOpenYet'",
        "WHEN v_now < v_sale.opens_at - interval '1 minute' THEN 'NotOpenYet'",
    ),
    CLAIMS.bug(
        "the sale does not close",
        "opening by the database's clock",
        "WHEN v_sale.ended_at IS NOT NULL OR v_now >= v_sale.closes_at THEN 'SaleOver'",
        "WHEN v_sale.ended_at IS NOT NULL THEN 'SaleOver'",
    ),
    CLAIMS.bug(
        "an ended sale goes on",
        "an operator's word counts",
        "WHEN v_sale.ended_at IS NOT NULL OR v_now >= v_sale.closes_at THEN 'SaleOver'",
        "WHEN v_now >= v_sale.closes_at THEN 'SaleOver'",
    ),
    CLAIMS.bug(
        "a paused sale goes on",
        "an operator's word counts",
        "WHEN v_sale.paused_at IS NOT NULL THEN 'Paused'",
        "WHEN false THEN 'Paused'",
    ),
    CLAIMS.bug(
        "a returned unit is sold while memories still say that nothing is left",
        "sold out is true when said",
        "IF v_now < v_pool.reopens_at THEN",
        "IF false THEN",
        "tests/rooms/sale/test_memory.py",
    ),
    CLAIMS.bug(
        "nobody gives back what is overdue when the sweeper sleeps",
        "no unit is stranded",
        "PERFORM expire_holds(100, v_pool.id);",
        "NULL;",
        "tests/rooms/sale/test_expiry.py",
    ),
    CLAIMS.bug(
        "the agreed price is not compared",
        "charged is what was agreed",
        """         bool_and(w.price IS NULL OR w.price = v_sale.price) AS price_agreed""",
        """         true AS price_agreed""",
    ),
    CLAIMS.bug(
        "callers are answered in the wrong order",
        "first come, first served",
        """       ORDER BY w.n
    LOOP""",
        """       ORDER BY w.n DESC
    LOOP""",
    ),
    CLAIMS.bug(
        "sold out is said while units are only held",
        "sold out is true when said",
        "WHEN v_pool.held + v_granted > 0 OR v_now < v_pool.reopens_at THEN 'AllHeld'",
        "WHEN false THEN 'AllHeld'",
    ),
    EXPIRY.bug(
        "holds expire five minutes early",
        "a hold lasts as long as was said",
        "  v_now   timestamptz := clock_timestamp();",
        "  v_now   timestamptz := clock_timestamp() + interval '5 minutes';",
        "tests/rooms/sale/test_claims.py",
    ),
    EXPIRY.bug(
        "a paid hold expires, when it was found before and locked after the payment",
        "a promise is never lost",
        "WHERE h.id = ANY (v_ids) AND h.state IN ('held', 'paying') AND h.expires_at <= v_now",
        "WHERE h.id = ANY (v_ids) AND h.expires_at <= v_now",
        "tests/races",
    ),
    EXPIRY.bug(
        "a pool gets back one unit of an expired hold of many",
        "every unit in the ledger",
        "UPDATE stock_pools p SET held = p.held - e.units",
        "UPDATE stock_pools p SET held = p.held - 1",
    ),
    EXPIRY.bug(
        "expiry does not give an e-mail address its limit back",
        "limit per customer",
        "SELECT sale_id, email_key, quantity FROM expired WHERE email_key IS NOT NULL",
        "SELECT sale_id, email_key, quantity FROM expired WHERE false",
        "tests/rooms/shop/test_placing.py",
    ),
    EXPIRY.bug(
        "the ledger does not hear of an expiry",
        "every unit in the ledger",
        "SELECT pool_id, 'expired', -quantity, id FROM expired",
        "SELECT pool_id, 'expired', -quantity, id FROM expired WHERE false",
    ),
    HOLDS.bug(
        "anybody may give back anybody's hold",
        "nobody touches what is another's",
        "WHERE id = :hold_id AND customer_key = :customer_key AND state = 'held'",
        "WHERE id = :hold_id AND (customer_key = :customer_key OR true) AND state = 'held'",
    ),
    HOLDS.bug(
        "a hold that is being paid can be given back",
        "a promise is never lost",
        "WHERE id = :hold_id AND customer_key = :customer_key AND state = 'held'",
        "WHERE id = :hold_id AND customer_key = :customer_key AND state IN ('held', 'paying')",
        "tests/rooms/shop/test_placing.py",
        "tests/races",
    ),
    HOLDS.bug(
        "giving back leaves the limit used up",
        "limit per customer",
        "FROM released r, unnest(ARRAY[r.customer_key, r.email_key]) AS k(key)",
        "FROM released r, unnest(ARRAY[r.email_key]) AS k(key)",
    ),
    MEMORY.bug(
        "what was read is believed ten times too long",
        "sold out is true when said",
        "return now - self.read_at < LEASE_SECONDS",
        "return now - self.read_at < 10 * LEASE_SECONDS",
    ),
    MEMORY.bug(
        "sold out is remembered for an item that has units left",
        "sold out is true when said",
        "        if item.left > 0:\n            return None",
        "        if item.left > 1:\n            return None",
    ),
    MEMORY.bug(
        "owners are not read again when units came back",
        "sold out is never said to an owner",
        "if before and before.claimants and before.claimants.epoch == epoch:",
        "if before and before.claimants:",
    ),
    SHARES.bug(
        "a network may hold one unit more than its share",
        "one network's share",
        "bool_and(b.wanted <= b.room)",
        "bool_and(b.wanted <= b.room + 1)",
    ),
    SHARES.bug(
        "what a network gets within a batch is not counted on",
        "one network's share",
        "::bigint - p_quantities[v_row.n]));",
        "::bigint));",
    ),
    NETWORKS.bug(
        "doubtful networks have a share each",
        "non-payers keep at most a share",
        "CASE WHEN n.lapsed > n.sold THEN 'doubtful' ELSE w.network END",
        "w.network",
    ),
    NETWORKS.bug(
        "the doubtful get the last units",
        "non-payers keep at most a share",
        "SELECT floor((p.on_hand - p.sold) *",
        "SELECT floor(p.on_hand *",
    ),
    NETWORKS.bug(
        "what the doubtful hold together is not summed",
        "non-payers keep at most a share",
        "doubtful_share(p_pool) - (SELECT sum(d.held + d.waiting)::bigint",
        "doubtful_share(p_pool) - (SELECT max(d.held + d.waiting)::bigint",
    ),
    NETWORKS.bug(
        "paying makes no room",
        "a carrier's buyers are slowed, not banned",
        "coalesce(n.sold - n.lapsed - n.held - n.waiting, 0)",
        "coalesce(- n.lapsed - n.held - n.waiting, 0)",
    ),
    NETWORKS.bug(
        "places in line do not count towards the share",
        "the line is no way around the share",
        "coalesce(n.sold - n.lapsed - n.held - n.waiting, 0)",
        "coalesce(n.sold - n.lapsed - n.held, 0)",
    ),
    DOOR.bug(
        "an owner is told from memory that everything is gone",
        "sold out is never said to an owner",
        "            if owner in claimants.owners:\n                return None",
        "            if owner in claimants.keys:\n                return None",
    ),
    DOOR.bug(
        "a used key is told from memory that everything is gone",
        "one effect per key",
        'return None if key is not None and key.decode("latin-1") in claimants.keys else name',
        "return name",
    ),
)
