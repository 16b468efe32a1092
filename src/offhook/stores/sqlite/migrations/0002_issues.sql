-- Issues: debug events of one endpoint, code and leading cause. Every transaction that writes events brings their issues up to date.
-- Events from before belong to none: which cause they have is in their records only.

-- `place` is the time last seen in ms, in 14 digits, and the id: it orders listings, and a page begins below one. `last_event` is an event's id.
CREATE TABLE issues (
    id TEXT PRIMARY KEY,
    endpoint TEXT NOT NULL,
    code INTEGER NOT NULL,
    cause TEXT NOT NULL,
    title TEXT NOT NULL,
    level TEXT NOT NULL,
    state TEXT NOT NULL,
    first_seen REAL NOT NULL,
    last_seen REAL NOT NULL,
    count INTEGER NOT NULL,
    last_event TEXT NOT NULL,
    place TEXT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX issues_place ON issues (place);

-- How many events an issue had in an hour, which is counted from the epoch.
CREATE TABLE issue_hours (
    issue TEXT NOT NULL, hour INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (issue, hour)
) WITHOUT ROWID;
CREATE INDEX issue_hours_hour ON issue_hours (hour);

-- The leading cause's name; the issue's id; '' for none.
ALTER TABLE debug_events ADD COLUMN cause TEXT NOT NULL DEFAULT '';
ALTER TABLE debug_events ADD COLUMN issue TEXT NOT NULL DEFAULT '';

-- Charts are counted from these alone: the records, which are long, are not touched.
CREATE INDEX debug_events_issue ON debug_events (issue, id, at, level);
CREATE INDEX debug_events_at ON debug_events (at, level, code, endpoint, cause);
