-- How many tickets of a waiting room each network has taken, so that what it takes beyond its fair part comes later or dearer.
-- depends: 0841_orders_by_their_units

CREATE TABLE room_networks (
  sale_id uuid   NOT NULL,
  network text   NOT NULL,
  tickets bigint NOT NULL,
  CONSTRAINT room_networks_pkey PRIMARY KEY (sale_id, network),
  CONSTRAINT room_networks_not_negative CHECK (tickets >= 0)
) WITH (fillfactor = 70);

-- Rooms that register just now get the stripes of the later bands.
INSERT INTO room_stripes (sale_id, stripe)
SELECT r.sale_id, n FROM rooms r, generate_series(10, 11) n WHERE r.phase = 'registering'
ON CONFLICT DO NOTHING;
