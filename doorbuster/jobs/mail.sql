-- name: write_mail
-- why:  a mail is known before it is sent, once for each effect; asked for again, it says what became of it
-- cost: rows 1, buffers 24
INSERT INTO mails (id, effect_key, recipient, subject, text_body, html_body, state)
VALUES (:id, :effect_key, :recipient, :subject, :text_body, :html_body, :state)
ON CONFLICT (effect_key) DO UPDATE SET effect_key = excluded.effect_key
RETURNING state;

-- name: note_mail
-- why:  the outbox page shows what became of each mail
-- cost: rows 0, buffers 26
UPDATE mails SET state = :state::text, error = :error,
                 sent_at = CASE WHEN :state::text = 'sent' THEN clock_timestamp() END
 WHERE effect_key = :effect_key;
