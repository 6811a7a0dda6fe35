-- depends: 0600_waiting_list
-- One network's unpaid units of one pool are bounded, so that who never pays cannot keep a sale's stock from the others.

-- How much of an item one network may hold unpaid; 100 sets no bound.
ALTER TABLE sales ADD COLUMN network_share_percent int NOT NULL DEFAULT 5;
ALTER TABLE sales ADD CONSTRAINT sales_network_share_sensible CHECK (network_share_percent BETWEEN 1 AND 100);

-- Whence the hold was claimed, as a keyed hash; null where that tells nothing (a private address, an unknown proxy).
ALTER TABLE holds ADD COLUMN network text;
ALTER TABLE waiting_list ADD COLUMN network text;

-- What each network has of each pool, in units: `held` unpaid, `waiting` in line, `sold`, and `lapsed` without being paid.
CREATE TABLE pool_networks (
  pool_id uuid   NOT NULL,
  network text   NOT NULL,
  held    bigint NOT NULL DEFAULT 0,
  waiting bigint NOT NULL DEFAULT 0,
  sold    bigint NOT NULL DEFAULT 0,
  lapsed  bigint NOT NULL DEFAULT 0,
  maximum bigint NOT NULL,
  CONSTRAINT pool_networks_pkey PRIMARY KEY (pool_id, network),
  CONSTRAINT pool_networks_within_share CHECK (held + waiting <= maximum),
  CONSTRAINT pool_networks_not_negative CHECK (held >= 0 AND waiting >= 0 AND sold >= 0 AND lapsed >= 0)
) WITH (fillfactor = 70);
-- Networks that let more lapse than they paid for share one share between them.
CREATE INDEX pool_networks_doubtful ON pool_networks (pool_id) WHERE lapsed > sold;

-- A hold's units come and go under its pool's lock only, so these rows are changed under it, too; between 'held' and
-- 'paying' nothing is counted and nothing is locked.
CREATE FUNCTION count_network_of_hold() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  v_held   int := (NEW.state IN ('held', 'paying'))::int - (OLD.state IN ('held', 'paying'))::int;
  v_sold   int := (NEW.state = 'sold')::int - (OLD.state = 'sold')::int;
  v_lapsed int := (NEW.state IN ('released', 'expired'))::int - (OLD.state IN ('released', 'expired'))::int;
BEGIN
  UPDATE pool_networks
     SET held = held + v_held * NEW.quantity, sold = sold + v_sold * NEW.quantity, lapsed = lapsed + v_lapsed * NEW.quantity,
         maximum = greatest(maximum, held + v_held * NEW.quantity + waiting)
   WHERE pool_id = NEW.pool_id AND network = NEW.network;
  RETURN NULL;
END
$$;
CREATE TRIGGER holds_count_network AFTER UPDATE OF state ON holds
  FOR EACH ROW WHEN (NEW.network IS NOT NULL AND OLD.state <> NEW.state
                     AND NOT (OLD.state IN ('held', 'paying') AND NEW.state IN ('held', 'paying')))
  EXECUTE FUNCTION count_network_of_hold();

CREATE FUNCTION count_network_of_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE pool_networks SET waiting = waiting - OLD.quantity WHERE pool_id = OLD.pool_id AND network = OLD.network;
  RETURN NULL;
END
$$;
CREATE TRIGGER waiting_list_count_network AFTER UPDATE OF state ON waiting_list
  FOR EACH ROW WHEN (OLD.network IS NOT NULL AND OLD.state = 'waiting' AND NEW.state <> 'waiting')
  EXECUTE FUNCTION count_network_of_place();
