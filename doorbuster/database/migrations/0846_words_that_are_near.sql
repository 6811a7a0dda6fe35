-- Words near a misspelt one: the beginnings of both, with a letter or two left out, have one in common (search by
-- symmetric deletion, W. Garbe 2012). That finds the few words that can be meant; a shared trigram finds a tenth of all.
-- depends: 0841_orders_by_their_units

-- Return what a word may be found by when so many mistakes (one or two) are forgiven: its first seven letters, and what
-- is left of them without one, and of a whole seven also without two.
CREATE FUNCTION near_keys(word text, edits int) RETURNS text[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  v_start text := left(word, 7);
  v_less  text;
  v_keys  text[] := ARRAY[v_start];
BEGIN
  FOR i IN 1 .. length(v_start) LOOP
    v_less := overlay(v_start PLACING '' FROM i FOR 1);
    v_keys := v_keys || v_less;
    IF edits > 1 AND length(v_start) = 7 THEN
      FOR j IN i .. 6 LOOP
        v_keys := v_keys || overlay(v_less PLACING '' FROM j FOR 1);
      END LOOP;
    END IF;
  END LOOP;
  RETURN v_keys;
END $$;
