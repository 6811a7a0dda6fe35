-- name: write_mail
-- why:  a mail is known before it is sent, and once for each effect
-- cost: rows 0, buffers 10
INSERT INTO mails (id, effect_key, recipient, subject, text_body, html_body)
VALUES (:id, :effect_key, :recipient, :subject, :text_body, :html_body)
ON CONFLICT (effect_key) DO NOTHING;

-- name: mail_state
-- why:  a mail that was sent or kept before is left alone
-- cost: rows 1, buffers 5
SELECT state FROM mails WHERE effect_key = :effect_key;

-- name: note_mail
-- why:  the outbox page shows what became of each mail
-- cost: rows 0, buffers 10
UPDATE mails SET state = :state::text, error = :error,
                 sent_at = CASE WHEN :state::text = 'sent' THEN clock_timestamp() END
 WHERE effect_key = :effect_key;
