-- The candidates of a search, at most a thousand, each with its rank in millionths; ranking and filters go over these.
--
-- A rare enough word is found by its index. A common one would make that index return a good part of the catalogue, so
-- then (p_common, decided by the vocabulary) the newest ten thousand products are read instead: work is bounded either
-- way. Without words every active product is a candidate, newest first.
CREATE OR REPLACE FUNCTION search_candidates(p_words tsquery, p_category text, p_common boolean)
RETURNS TABLE (product_id uuid, score int) LANGUAGE plpgsql STABLE
-- A plan made while the catalogue was small must not live on when it has grown.
SET enable_seqscan = off
AS $$
#variable_conflict use_column
BEGIN
  IF p_words IS NULL AND p_category IS NULL THEN
    RETURN QUERY
      SELECT id, 0 FROM products WHERE status = 'active' ORDER BY id DESC LIMIT 1000;
  ELSIF p_words IS NULL THEN
    RETURN QUERY
      SELECT id, 0 FROM products WHERE status = 'active' AND category = p_category ORDER BY id DESC LIMIT 1000;
  ELSIF p_common THEN
    RETURN QUERY
      SELECT id, (ts_rank(search, p_words) * 1000000)::int
      FROM (
        SELECT id, category, search FROM products WHERE status = 'active' ORDER BY id DESC LIMIT 10000
      ) AS newest
      WHERE search @@ p_words AND (p_category IS NULL OR category = p_category)
      LIMIT 1000;
  ELSE
    RETURN QUERY
      SELECT id, (ts_rank(search, p_words) * 1000000)::int
      FROM products
      WHERE status = 'active' AND search @@ p_words AND (p_category IS NULL OR category = p_category)
      LIMIT 1000;
  END IF;
END
$$;
