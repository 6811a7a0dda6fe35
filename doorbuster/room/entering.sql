-- name: enter_room
-- why:  many customers get their tickets in one transaction
-- cost: rows 128, buffers 6000
SELECT customer_key, stripe, place, issued_at, band FROM enter_room(:sale_id, :customers, :networks, :paid, :stripe);

-- name: admit_to_sale
-- why:  many customers turn their tickets into passes in one transaction
-- cost: rows 128, buffers 5000
SELECT customer_key, answer, pass_until
  FROM admit_to_sale(:sale_id, :customers, :positions, :turn_seconds, :pass_seconds);

-- name: ticket_of_customer
-- why:  who lost the ticket's cookie has the place all the same
-- cost: rows 1, buffers 6
SELECT stripe, place, issued_at FROM room_tickets WHERE sale_id = :sale_id AND customer_key = :customer LIMIT 1;
