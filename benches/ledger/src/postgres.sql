-- The same checks as the ledger's: one use of an id, currency, closed and frozen accounts, credit limit.
CREATE TABLE accounts (id uuid PRIMARY KEY, currency smallint NOT NULL, flags smallint NOT NULL, code integer NOT NULL,
  credit_limit bigint NOT NULL, debits_pending bigint NOT NULL, debits_posted bigint NOT NULL,
  credits_pending bigint NOT NULL, credits_posted bigint NOT NULL) WITH (fillfactor = 70);
CREATE TABLE transfers (id uuid PRIMARY KEY, seq bigint GENERATED ALWAYS AS IDENTITY, time timestamptz NOT NULL,
  debit uuid NOT NULL, credit uuid NOT NULL, amount bigint NOT NULL, currency smallint NOT NULL, code integer NOT NULL);

CREATE FUNCTION debit_one(account uuid, amount bigint, cur integer) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  UPDATE accounts SET debits_posted = debits_posted + amount WHERE id = account AND currency = cur AND flags & 12 = 0
    AND (credit_limit = 0 OR debits_pending + debits_posted + amount - credits_posted <= credit_limit)
    AND (flags & 1 = 0 OR debits_pending + debits_posted + amount <= credits_posted);
  RETURN FOUND;
END $$;

CREATE FUNCTION credit_one(account uuid, amount bigint, cur integer) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  UPDATE accounts SET credits_posted = credits_posted + amount WHERE id = account AND currency = cur
    AND flags & 12 = 0 AND (flags & 2 = 0 OR credits_pending + credits_posted + amount <= debits_posted);
  RETURN FOUND;
END $$;

-- 0 = made, 1 = exists; an exception = refused. Accounts are locked in the order of their ids: no deadlocks.
CREATE FUNCTION transfer(tid uuid, d uuid, c uuid, amt integer, cur integer, why integer) RETURNS integer
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO transfers (id, time, debit, credit, amount, currency, code) VALUES (tid, now(), d, c, amt, cur, why)
    ON CONFLICT (id) DO NOTHING;
  IF NOT FOUND THEN RETURN 1; END IF;
  IF d < c THEN
    IF NOT debit_one(d, amt, cur) OR NOT credit_one(c, amt, cur) THEN RAISE EXCEPTION 'refused'; END IF;
  ELSE
    IF NOT credit_one(c, amt, cur) OR NOT debit_one(d, amt, cur) THEN RAISE EXCEPTION 'refused'; END IF;
  END IF;
  RETURN 0;
END $$;

-- Set-based, which is PostgreSQL's best: one insert, one update an account however often it is touched.
CREATE FUNCTION transfer_batch(ids uuid[], d uuid[], c uuid[]) RETURNS integer LANGUAGE plpgsql
-- A generic plan would guess ten array elements and join thousands by nested loops.
SET plan_cache_mode = force_custom_plan SET enable_nestloop = off AS $$
DECLARE made integer; touched integer; updated integer;
BEGIN
  PERFORM 1 FROM accounts WHERE id = ANY (d || c) ORDER BY id FOR UPDATE;
  INSERT INTO transfers (id, time, debit, credit, amount, currency, code)
    SELECT t.id, now(), t.debit, t.credit, 1, 156, 7 FROM unnest(ids, d, c) AS t(id, debit, credit)
    ON CONFLICT (id) DO NOTHING;
  GET DIAGNOSTICS made = ROW_COUNT;
  IF made <> cardinality(ids) THEN RAISE EXCEPTION 'some exist'; END IF;
  WITH sums AS (
    SELECT account, sum(debit) AS debit, sum(credit) AS credit FROM (
      SELECT unnest(d) AS account, 1 AS debit, 0 AS credit UNION ALL SELECT unnest(c), 0, 1) both_sides
    GROUP BY account)
  UPDATE accounts a SET debits_posted = debits_posted + sums.debit, credits_posted = credits_posted + sums.credit
    FROM sums WHERE a.id = sums.account AND a.currency = 156 AND a.flags & 12 = 0
    AND (a.credit_limit = 0 OR a.debits_pending + a.debits_posted + sums.debit - a.credits_posted <= a.credit_limit);
  GET DIAGNOSTICS updated = ROW_COUNT;
  SELECT count(DISTINCT account) INTO touched FROM unnest(d || c) AS account;
  IF updated <> touched THEN RAISE EXCEPTION 'refused'; END IF;
  RETURN 0;
END $$;
