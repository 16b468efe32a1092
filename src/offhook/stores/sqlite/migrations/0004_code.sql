-- Whoever asks for a code may mean ours, the exact one, or the one that Twilio would have logged: `alias` where it differs, else 0.
ALTER TABLE debug_events ADD COLUMN alias INTEGER NOT NULL DEFAULT 0;
CREATE INDEX debug_events_alias ON debug_events (alias, id) WHERE alias <> 0;

-- Which webhooks have an event with a code, in the order of their ids: a listing of them reads nothing else.
CREATE INDEX debug_events_code_webhook ON debug_events (code, webhook);
CREATE INDEX debug_events_alias_webhook ON debug_events (alias, webhook) WHERE alias <> 0;

DROP INDEX debug_events_at;
CREATE INDEX debug_events_at ON debug_events (at, level, code, alias, endpoint, cause);
