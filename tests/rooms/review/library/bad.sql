-- name: member_by_email
SELECT id FROM members WHERE email = :email;

-- name: loans_of_book
SELECT id FROM loans WHERE book_id = %s ORDER BY lent_at DESC LIMIT 20;

-- name: member_by_email_in_capitals
SELECT id FROM members WHERE upper(email) = ?;

-- name: books_page
SELECT id, title FROM books ORDER BY title LIMIT 20 OFFSET $1;

-- name: forget_everybody
DELETE FROM loans;
