-- depends: 0201_imports
-- The last word of a search may be only its beginning: found in any collation by comparing bytes.

CREATE INDEX search_words_by_beginning ON search_words (word text_pattern_ops);
