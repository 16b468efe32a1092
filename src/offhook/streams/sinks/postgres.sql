-- name: find_table
-- NULL where this name is nothing that the user can see.
SELECT to_regclass({name})::oid

-- name: make_table
-- `number` counts the events as they arrive.
CREATE TABLE IF NOT EXISTS {table} (
    number bigint GENERATED ALWAYS AS IDENTITY,
    id text PRIMARY KEY,
    type text NOT NULL,
    time timestamptz NOT NULL,
    body jsonb NOT NULL
)

-- name: insert
-- An event that has come before stays as it is.
INSERT INTO {table} (id, type, time, body) VALUES (%s, %s, %s, %s) ON CONFLICT (id) DO NOTHING
