-- name: take_lease
-- why:  of many processes one does the work; a new holder gets a new epoch
-- cost: rows 1, buffers 10
INSERT INTO leases (name, holder, expires_at) VALUES (:name, :holder, now() + make_interval(secs => :seconds))
ON CONFLICT (name) DO UPDATE
  SET holder = excluded.holder, expires_at = excluded.expires_at, epoch = leases.epoch + 1
  WHERE leases.expires_at < now()
RETURNING epoch;

-- name: renew_lease
-- why:  the doer goes on; whoever lost the lease meanwhile learns it here
-- cost: rows 0, buffers 10
UPDATE leases SET expires_at = now() + make_interval(secs => :seconds)
WHERE name = :name AND holder = :holder AND epoch = :epoch AND expires_at >= now();

-- name: return_lease
-- why:  a doer that stops lets the next one begin at once
-- cost: rows 0, buffers 10
UPDATE leases SET expires_at = now() - interval '1 microsecond' WHERE name = :name AND holder = :holder AND epoch = :epoch;
