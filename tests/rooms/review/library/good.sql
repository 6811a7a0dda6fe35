-- name: member
SELECT id, email FROM members WHERE id = $1;

-- name: loans_of_member
SELECT id, lent_at FROM loans WHERE member_id = :member AND lent_at < :before ORDER BY lent_at DESC LIMIT 20;

-- name: book_by_isbn
SELECT id, title FROM books WHERE isbn = %(isbn)s;

-- name: give_back
UPDATE loans SET returned_at = now() WHERE id = ?;
