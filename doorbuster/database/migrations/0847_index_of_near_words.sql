-- The index of that. Trigrams still tell which of the found words is nearest; their index is for the release before.
-- depends: 0846_words_that_are_near
-- transactional: false

DROP INDEX CONCURRENTLY IF EXISTS search_words_near;
CREATE INDEX CONCURRENTLY search_words_near ON search_words USING gin (near_keys(word, 2));
