-- The journal's news: four logs (arrivals, attempts, debug_events, notices), each numbered by `seq` in the order of the commits; no number is
-- used twice. The notices tell what no other row tells. `webhook` is the id of the webhook that one hangs on, '' for none; `attempt` and
-- `event` are the numbers of the attempt and the debug event that it follows from, 0 for none. `data` is the msgpack record.
CREATE TABLE notices (
    seq INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    webhook TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    event INTEGER NOT NULL,
    type TEXT NOT NULL,
    data BLOB NOT NULL
);
CREATE INDEX notices_at ON notices (at);
CREATE INDEX notices_webhook ON notices (webhook) WHERE webhook <> '';

-- Small records of other rooms, and what is written together with notices.
CREATE TABLE kept (shelf TEXT NOT NULL, id TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (shelf, id)) WITHOUT ROWID;

-- The next numbers hold when the last row has been deleted. `…_behind` is by how many seconds at most the time of an arrival, or the end of an
-- attempt, was before that of one with a lower number: a search by time has to look that far back. Of older rows nobody has measured it.
ALTER TABLE marks ADD COLUMN next_attempt INTEGER NOT NULL DEFAULT 1;
ALTER TABLE marks ADD COLUMN next_event INTEGER NOT NULL DEFAULT 1;
ALTER TABLE marks ADD COLUMN next_notice INTEGER NOT NULL DEFAULT 1;
ALTER TABLE marks ADD COLUMN arrivals_behind REAL NOT NULL DEFAULT 60.0;
ALTER TABLE marks ADD COLUMN attempts_behind REAL NOT NULL DEFAULT 60.0;
UPDATE marks SET arrivals_behind = 86400.0, attempts_behind = 86400.0 WHERE next_seq > 1 OR EXISTS (SELECT 1 FROM arrivals);

-- The oldest that waits, of each endpoint. What is delivered at its first settlement is never in it.
CREATE INDEX webhooks_oldest ON webhooks (endpoint, received_at) WHERE state IN ('waiting', 'delivering');
