-- Looking at the statements inside functions while they run. All of it stands in a transaction that is rolled back.

-- name: functions_of_house
-- why:  the functions of PL/pgSQL as the database has them, with their bodies
-- cost: rows 500, buffers 20000
SELECT p.proname::text AS name, p.prosrc AS body, pg_get_functiondef(p.oid) AS definition
  FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
 WHERE l.lanname = 'plpgsql' AND p.pronamespace = 'public'::regnamespace
 ORDER BY p.oid
 LIMIT 500;

-- name: make_probe
-- why:  plans and runs one statement in a subtransaction that is undone, and keeps what its plan told
-- cost: rows 0, buffers 2000
CREATE TEMP TABLE probed (number int, sql text, given text[], told text, refused boolean) ON COMMIT DROP;
CREATE TEMP TABLE asked (number int PRIMARY KEY, template text) ON COMMIT DROP;
CREATE TEMP SEQUENCE probes;
CREATE FUNCTION pg_temp.probe(p_number int, p_types text[], p_given text[]) RETURNS boolean LANGUAGE plpgsql AS $probe$
DECLARE
  v_name    text := 'probe_' || nextval('pg_temp.probes');
  v_sql     text := (SELECT template FROM pg_temp.asked WHERE number = p_number);
  v_told    text;
  v_refused boolean := false;
BEGIN
  IF (SELECT count(*) FROM pg_temp.probed WHERE number = p_number) >= 3 THEN
    RETURN true;
  END IF;
  FOR i IN 1..cardinality(p_types) LOOP
    v_sql := replace(v_sql, '«' || i || '»', format('($%s::%s)', i, p_types[i]));
  END LOOP;
  BEGIN
    EXECUTE format('PREPARE %I AS %s', v_name, v_sql);
    EXECUTE format('EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE %I', v_name)
            || coalesce((SELECT '(' || string_agg(quote_nullable(value), ', ' ORDER BY n) || ')'
                           FROM unnest(p_given) WITH ORDINALITY AS each(value, n)), '') INTO v_told;
    RAISE EXCEPTION USING ERRCODE = 'DB001', MESSAGE = v_told;
  EXCEPTION
    WHEN SQLSTATE 'DB001' THEN NULL;
    WHEN OTHERS THEN
      v_told := SQLERRM;
      v_refused := true;
  END;
  IF EXISTS (SELECT FROM pg_prepared_statements WHERE name = v_name) THEN
    EXECUTE format('DEALLOCATE %I', v_name);
  END IF;
  INSERT INTO pg_temp.probed VALUES (p_number, v_sql, p_given, v_told, v_refused);
  RETURN true;
END
$probe$;

-- name: ask_for
-- why:  which statement stands behind each number
-- cost: rows 0, buffers 4000
INSERT INTO pg_temp.asked SELECT * FROM unnest(:numbers::int[], :templates::text[]);

-- name: what_was_told
-- why:  the plans that the probes kept
-- cost: rows 5000, buffers 20000
SELECT number, sql, given, told, refused FROM pg_temp.probed ORDER BY number LIMIT 5000;
