-- Which webhooks have an event with a code, in the order of their ids: a listing of them reads nothing else.
CREATE INDEX debug_events_code_webhook ON debug_events (code, webhook);
