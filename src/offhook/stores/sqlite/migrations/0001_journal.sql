-- The journal. `seq` numbers arrivals in the order of their commits and is never used again: an arrival, its webhook, its attempts and
-- its dedupe key all hang on it. Everything on the path of the answer is written in the order of `seq` or of ids that sort by time;
-- the one random index, `dedupe`, is written off that path.

-- What the intake received, as received: one msgpack record. Never updated.
CREATE TABLE arrivals (seq INTEGER PRIMARY KEY, data BLOB NOT NULL);

-- What has become of it: a row from the first settlement on. The request itself stays in `arrivals`, so that a change of state writes little.
CREATE TABLE webhooks (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    endpoint TEXT NOT NULL,
    received_at REAL NOT NULL,
    state TEXT NOT NULL,
    due REAL NOT NULL,
    failures INTEGER NOT NULL,
    refusals INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    conversation TEXT NOT NULL,
    provider_id TEXT NOT NULL,
    account_sid TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    note TEXT NOT NULL,
    answer BLOB,                        -- a msgpack record
    behind INTEGER NOT NULL DEFAULT 0   -- 1: a claim found an earlier one of its conversation in the way; 0: look
);

-- Most webhooks are delivered at their first settlement and never enter an index but that of their id.
CREATE INDEX webhooks_due ON webhooks (endpoint, behind, due) WHERE state IN ('waiting', 'delivering');
CREATE INDEX webhooks_conversation ON webhooks (conversation, id) WHERE state IN ('waiting', 'delivering') AND conversation <> '';
CREATE INDEX webhooks_state ON webhooks (state, id) WHERE state <> 'delivered';

-- How many webhooks each endpoint has in each state, kept in step by every transaction: counting 2,000,000 rows takes a second.
CREATE TABLE tally (
    endpoint TEXT NOT NULL, state TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (endpoint, state)
) WITHOUT ROWID;

-- The keys of kept arrivals; `seq` says which. Keys of the newest arrivals are still in memory only: see `marks.deduped_below`.
CREATE TABLE dedupe (key BLOB PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;

-- The evidence, one msgpack record each. `webhook` is the webhook's seq.
CREATE TABLE attempts (seq INTEGER PRIMARY KEY, webhook INTEGER NOT NULL, data BLOB NOT NULL);
CREATE INDEX attempts_webhook ON attempts (webhook);

-- `data` is the msgpack record as it was last written; `state` and `due` are newer than what it says. `webhook` is the webhook's id.
CREATE TABLE replies (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    webhook TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    state TEXT NOT NULL,
    due REAL NOT NULL,
    data BLOB NOT NULL
);
CREATE INDEX replies_webhook ON replies (webhook, ordinal);
CREATE INDEX replies_open ON replies (state, due) WHERE state IN ('waiting', 'sending', 'kept');

-- `data` is the msgpack record. `webhook` is the webhook's id, '' for none.
CREATE TABLE debug_events (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    at REAL NOT NULL,
    level TEXT NOT NULL,
    code INTEGER NOT NULL,
    endpoint TEXT NOT NULL,
    webhook TEXT NOT NULL,
    data BLOB NOT NULL
);
CREATE INDEX debug_events_code ON debug_events (code, id);
CREATE INDEX debug_events_webhook ON debug_events (webhook, id);

-- One row. Every arrival with a lower seq has been settled; has its key in `dedupe`. `next_seq` holds when pruning has removed the last row.
-- The lags are the least and the most that `received_at` (or `at`) is later than the time inside an id: they turn a time into a bound of ids.
CREATE TABLE marks (
    settled_below INTEGER NOT NULL,
    deduped_below INTEGER NOT NULL,
    next_seq INTEGER NOT NULL,
    least_lag REAL NOT NULL,
    most_lag REAL NOT NULL
);
INSERT INTO marks VALUES (1, 1, 1, 0.0, 0.0);
