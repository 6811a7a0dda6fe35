-- On call, in the event log (SQLite).

-- name: add_person
-- why:  somebody can be on call
-- cost: rows 1, buffers 10
INSERT INTO on_call_people (name) VALUES (:name) RETURNING id;

-- name: people
-- why:  everybody who can be on call
-- cost: rows 200, buffers 20
SELECT id, name FROM on_call_people WHERE removed_at IS NULL ORDER BY name LIMIT 200;

-- name: remove_person
-- why:  somebody leaves; what was sent to them stays in the story
-- cost: rows 0, buffers 10
UPDATE on_call_people SET removed_at = :now WHERE id = :id AND removed_at IS NULL;

-- name: add_target
-- why:  a way to reach a person
-- cost: rows 1, buffers 10
INSERT INTO on_call_targets (person_id, url, important) VALUES (:person_id, :url, :important) RETURNING id;

-- name: targets
-- why:  every way to reach everybody
-- cost: rows 1000, buffers 40
SELECT t.id, t.person_id, t.url, t.important
  FROM on_call_targets t JOIN on_call_people p ON p.id = t.person_id
 WHERE t.removed_at IS NULL AND p.removed_at IS NULL ORDER BY t.id LIMIT 1000;

-- name: remove_target
-- why:  a way to reach a person is no more
-- cost: rows 0, buffers 10
UPDATE on_call_targets SET removed_at = :now WHERE id = :id AND removed_at IS NULL;

-- name: set_rotation
-- why:  a team's rotation, replaced whole
-- cost: rows 0, buffers 10
INSERT OR REPLACE INTO on_call_rotations (team, zone, hand_over, days, begins, people)
VALUES (:team, :zone, :hand_over, :days, :begins, :people);

-- name: rotations
-- why:  who is on call for what
-- cost: rows 20, buffers 10
SELECT team, zone, hand_over, days, begins, people FROM on_call_rotations ORDER BY team LIMIT 20;

-- name: add_override
-- why:  somebody stands in for a while
-- cost: rows 1, buffers 10
INSERT INTO on_call_overrides (team, person_id, begins_at, ends_at)
VALUES (:team, :person_id, :begins_at, :ends_at) RETURNING id;

-- name: remove_override
-- why:  nobody stands in after all
-- cost: rows 0, buffers 10
UPDATE on_call_overrides SET removed_at = :now WHERE id = :id AND removed_at IS NULL;

-- name: overrides
-- why:  who stands in for whom, now and later
-- cost: rows 200, buffers 20
SELECT id, team, person_id, begins_at, ends_at FROM on_call_overrides
 WHERE removed_at IS NULL AND ends_at > :now ORDER BY id DESC LIMIT 200;

-- name: set_policy
-- why:  who is told when, if nobody acknowledges
-- cost: rows 0, buffers 10
INSERT OR REPLACE INTO on_call_policies (team, steps) VALUES (:team, :steps);

-- name: remove_policy
-- why:  a cause goes its team's way again, and a team the usual one
-- cost: rows 0, buffers 10
DELETE FROM on_call_policies WHERE team = :team;

-- name: policies
-- why:  who is told when
-- cost: rows 20, buffers 10
SELECT team, steps FROM on_call_policies ORDER BY team LIMIT 20;

-- name: open_page
-- why:  a trouble becomes a page
-- cost: rows 0, buffers 20
INSERT INTO on_call_pages (id, key, team, cause, severity, headline, text, url, opened_at, step, next_at)
VALUES (:id, :key, :team, :cause, :severity, :headline, :text, :url, :now, 0, :now);

-- name: page_of_key
-- why:  one page for one trouble
-- cost: rows 1, buffers 10
SELECT * FROM on_call_pages WHERE key = :key AND closed_at IS NULL;

-- name: page_by_id
-- why:  the page that a link or a person names
-- cost: rows 1, buffers 10
SELECT * FROM on_call_pages WHERE id = :id;

-- name: change_page
-- why:  more is known: the cause, the team, how bad
-- cost: rows 0, buffers 20
UPDATE on_call_pages
   SET team = :team, cause = :cause, severity = :severity, headline = :headline, text = :text, url = :url,
       step = :step, next_at = :next_at, acknowledged_at = :acknowledged_at
 WHERE id = :id;

-- name: acknowledge_page
-- why:  somebody takes it
-- cost: rows 0, buffers 20
UPDATE on_call_pages SET acknowledged_at = :now, acknowledged_by = :who, next_at = :again_at
 WHERE id = :id AND closed_at IS NULL AND acknowledged_at IS NULL;

-- name: close_page
-- why:  it is over
-- cost: rows 0, buffers 20
UPDATE on_call_pages SET closed_at = :now WHERE key = :key AND closed_at IS NULL;

-- name: person_named_in
-- why:  a link says whom it was sent to, who may have left since
-- cost: rows 1, buffers 6
SELECT name FROM on_call_people WHERE id = :id;

-- name: pages_due
-- why:  each second: whose next step is due
-- cost: rows 20, buffers 20
SELECT * FROM on_call_pages WHERE closed_at IS NULL AND next_at <= :now ORDER BY opened_at LIMIT 20;

-- name: newest_pages
-- why:  the page of on-call shows the last ones
-- cost: rows 50, buffers 40
SELECT * FROM on_call_pages ORDER BY opened_at DESC, id DESC LIMIT 50;

-- name: step_page
-- why:  a step was taken; the next one is due later
-- cost: rows 0, buffers 20
UPDATE on_call_pages SET step = :step, next_at = :next_at, acknowledged_at = NULL WHERE id = :id;

-- name: hurry_page
-- why:  nobody could be told, so the next step is due at once
-- cost: rows 0, buffers 20
UPDATE on_call_pages SET next_at = min(next_at, :now)
 WHERE id = :page_id AND step = :step + 1 AND acknowledged_at IS NULL AND closed_at IS NULL;

-- name: decide_delivery
-- why:  what is to be sent is written down before it is sent
-- cost: rows 0, buffers 20
INSERT INTO on_call_deliveries (page_id, target_id, step, decided_at, state, attempts, why)
VALUES (:page_id, :target_id, :step, :now, 'due', 0, '');

-- name: deliveries_due
-- why:  what is to be sent, also after a crash, or again
-- cost: rows 50, buffers 40
SELECT d.id, d.page_id, d.step, d.decided_at, d.attempts, t.url, t.person_id
  FROM on_call_deliveries d JOIN on_call_targets t ON t.id = d.target_id
 WHERE d.state = 'due' AND d.try_at <= :now ORDER BY d.id LIMIT 50;

-- name: delivered
-- why:  what became of a message
-- cost: rows 0, buffers 20
UPDATE on_call_deliveries SET state = :state, attempts = :attempts, why = :why, try_at = :try_at WHERE id = :id;

-- name: deliveries_of_page
-- why:  the fate of every message of a page
-- cost: rows 200, buffers 60
SELECT d.id, d.step, d.decided_at, d.state, d.attempts, d.why, t.url, p.name
  FROM on_call_deliveries d JOIN on_call_targets t ON t.id = d.target_id JOIN on_call_people p ON p.id = t.person_id
 WHERE d.page_id = :page_id ORDER BY d.id LIMIT 200;

-- name: step_hopes
-- why:  did a message of this step arrive, or is one yet to be tried: then nobody else is hurried
-- cost: rows 1, buffers 40
SELECT 1 FROM on_call_deliveries
 WHERE page_id = :page_id AND step = :step AND decided_at = :decided_at
   AND (state = 'sent' OR state = 'due' AND attempts = 0) LIMIT 1;
