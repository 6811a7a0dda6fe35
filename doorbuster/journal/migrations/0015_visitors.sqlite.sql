-- How many people there were while it hurt, and how many of them were hurt.
ALTER TABLE incidents ADD COLUMN visitors_seen INTEGER;
ALTER TABLE incidents ADD COLUMN visitors_hurt INTEGER;
