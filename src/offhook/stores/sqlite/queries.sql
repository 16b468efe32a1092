-- name: begin
BEGIN IMMEDIATE;

-- name: commit
COMMIT;

-- name: rollback
ROLLBACK;

-- == appending

-- name: insert_arrivals
-- A carray's own rowid counts from 1.
INSERT INTO arrivals (seq, data) SELECT :before + rowid, value FROM carray(:records);

-- name: find_keys
-- Only keys whose arrival is still kept.
SELECT dedupe.key, arrivals.data
FROM carray(:keys) AS wanted
CROSS JOIN dedupe ON dedupe.key = wanted.value
CROSS JOIN arrivals ON arrivals.seq = dedupe.seq;

-- name: insert_keys
-- A key may stand there for an arrival that has been pruned.
INSERT OR REPLACE INTO dedupe (key, seq) SELECT * FROM (VALUES :rows) WHERE column1 IS NOT NULL;

-- == settling

-- name: insert_webhooks
INSERT INTO webhooks (
    seq, id, endpoint, received_at, state, due, failures, refusals, attempts, conversation, provider_id, account_sid, sender, recipient, note, answer
) SELECT * FROM (VALUES :rows) WHERE column1 IS NOT NULL;

-- name: find_settled
SELECT id, seq, endpoint, state FROM webhooks WHERE id IN (SELECT value FROM carray(:ids));

-- name: update_webhooks
UPDATE webhooks
SET state = new.column2, due = new.column3, failures = new.column4, refusals = new.column5, attempts = new.column6, note = new.column7,
    answer = new.column8
FROM (VALUES :rows) AS new
WHERE webhooks.seq = new.column1;

-- name: let_pass
-- Webhooks that were behind one of these conversations' earlier ones: those up to the first that is in the way may be claimed. That first
-- one is looked for once in a conversation: for each of its webhooks, a conversation of 10,000 would hold up the writer for 6 ms.
UPDATE webhooks SET behind = 0
FROM (
    SELECT value AS conversation, coalesce(
        (SELECT id FROM webhooks AS first
         WHERE first.conversation = value AND first.conversation <> ''
           AND first.state IN ('waiting', 'delivering') AND first.refusals < 3
         ORDER BY id LIMIT 1),
        '~') AS last
    FROM carray(:conversations)
) AS front
WHERE webhooks.conversation = front.conversation AND webhooks.conversation <> ''
  AND webhooks.state IN ('waiting', 'delivering') AND webhooks.behind = 1 AND webhooks.id <= front.last;

-- name: insert_attempts
INSERT INTO attempts (seq, webhook, data) SELECT * FROM (VALUES :rows) WHERE column1 IS NOT NULL;

-- name: put_replies
INSERT INTO replies (id, webhook, ordinal, state, due, data) SELECT * FROM (VALUES :rows) WHERE column1 IS NOT NULL
ON CONFLICT (id) DO UPDATE SET state = excluded.state, due = excluded.due, data = excluded.data;

-- name: put_events
-- One that is there already comes without a number, and keeps its own.
INSERT INTO debug_events (id, at, level, code, endpoint, webhook, data, cause, issue, alias, seq)
SELECT * FROM (VALUES :rows) WHERE column1 IS NOT NULL
ON CONFLICT (id) DO UPDATE SET data = excluded.data, cause = excluded.cause, issue = excluded.issue;

-- name: known_events
SELECT id, issue FROM debug_events WHERE id IN (SELECT value FROM carray(:ids));

-- name: states_of_issues
SELECT id, state FROM issues WHERE id IN (SELECT value FROM carray(:ids));

-- name: insert_notices
INSERT INTO notices (seq, at, webhook, attempt, event, type, data) SELECT * FROM (VALUES :rows) WHERE column1 IS NOT NULL;

-- name: put_kept
INSERT OR REPLACE INTO kept (shelf, id, data) SELECT * FROM (VALUES :rows) WHERE column1 IS NOT NULL;

-- name: delete_kept
DELETE FROM kept WHERE (shelf, id) IN (SELECT column1, column2 FROM (VALUES :rows));

-- name: put_issues
-- The newest event gives the words, also where an older one is written later.
INSERT INTO issues (id, endpoint, code, cause, title, level, state, first_seen, last_seen, count, last_event, place)
SELECT * FROM (VALUES :rows) WHERE column1 IS NOT NULL
ON CONFLICT (id) DO UPDATE SET
    title = iif(excluded.place >= place, excluded.title, title),
    level = iif(excluded.place >= place, excluded.level, level),
    last_event = iif(excluded.place >= place, excluded.last_event, last_event),
    state = iif(state = 'resolved', 'regressed', state),
    first_seen = min(first_seen, excluded.first_seen),
    last_seen = max(last_seen, excluded.last_seen),
    count = count + excluded.count,
    place = max(place, excluded.place);

-- name: put_issue_hours
INSERT INTO issue_hours (issue, hour, count) SELECT * FROM (VALUES :rows) WHERE column1 IS NOT NULL
ON CONFLICT (issue, hour) DO UPDATE SET count = count + excluded.count;

-- name: set_issue_state
UPDATE issues SET state = :state WHERE id = :id;

-- name: add_to_tally
INSERT INTO tally (endpoint, state, count) SELECT * FROM (VALUES :rows) WHERE column1 IS NOT NULL
ON CONFLICT (endpoint, state) DO UPDATE SET count = count + excluded.count;

-- name: widen_lags
UPDATE marks SET least_lag = :least, most_lag = :most;

-- name: mark_settled
UPDATE marks SET settled_below = :settled_below;

-- name: mark_deduped
UPDATE marks SET deduped_below = :deduped_below;

-- name: mark_next
UPDATE marks SET next_seq = :seq, next_attempt = :attempt, next_event = :event, next_notice = :notice;

-- name: widen_paces
UPDATE marks SET arrivals_behind = :arrivals, attempts_behind = :attempts;

-- == claiming

-- name: due_webhooks
SELECT seq, id, state, conversation,
       conversation <> '' AND EXISTS (
           SELECT 1 FROM webhooks AS earlier
           WHERE earlier.conversation = webhooks.conversation AND earlier.conversation <> ''
             AND earlier.state IN ('waiting', 'delivering') AND earlier.refusals < 3 AND earlier.id < webhooks.id)
FROM webhooks
WHERE endpoint = :endpoint AND behind = 0 AND due <= :now AND state IN ('waiting', 'delivering')
ORDER BY due LIMIT :most;

-- name: put_behind
UPDATE webhooks SET behind = 1 WHERE seq IN (SELECT value FROM carray(:seqs));

-- name: lease_webhooks
UPDATE webhooks SET state = 'delivering', due = :until WHERE seq IN (SELECT value FROM carray(:seqs))
RETURNING state, due, failures, refusals, attempts, conversation, provider_id, account_sid, sender, recipient, note, answer,
          (SELECT data FROM arrivals WHERE arrivals.seq = webhooks.seq);

-- name: end_deliveries
UPDATE webhooks SET due = 0 WHERE state IN ('waiting', 'delivering') AND state = 'delivering';

-- name: end_sendings
UPDATE replies SET due = 0 WHERE state IN ('waiting', 'sending', 'kept') AND state = 'sending';

-- name: hasten
UPDATE webhooks SET due = :now WHERE seq IN (
    SELECT seq FROM webhooks
    WHERE endpoint = :endpoint AND behind IN (0, 1) AND due > :now AND state IN ('waiting', 'delivering') AND state = 'waiting'
    LIMIT :most);

-- name: blocking
SELECT conversation, id FROM webhooks WHERE state IN ('waiting', 'delivering') AND conversation <> '' AND refusals < 3;

-- name: count_states
SELECT endpoint, state, count(*) FROM webhooks WHERE id IN (SELECT value FROM carray(:ids)) GROUP BY endpoint, state;

-- name: requeue
UPDATE webhooks SET state = 'waiting', due = :now, failures = 0, refusals = 0, behind = 0
WHERE id IN (SELECT value FROM carray(:ids)) AND (state IN ('failed', 'dismissed') OR (state = 'delivered' AND :delivered))
RETURNING id, endpoint;

-- name: dismiss
UPDATE webhooks SET state = 'dismissed' WHERE id IN (SELECT value FROM carray(:ids)) AND state = 'failed'
RETURNING id, endpoint;

-- == replies

-- name: due_replies
-- An index over some rows is used where its own condition stands in the query, word for word. A state at a time, so that the index gives the
-- order and a long queue is not read to its end.
SELECT id FROM (
    SELECT * FROM (
        SELECT id, due FROM replies
        WHERE state IN ('waiting', 'sending', 'kept') AND state = 'waiting' AND due <= :now AND NOT EXISTS (
            SELECT 1 FROM replies AS earlier
            WHERE earlier.webhook = replies.webhook AND earlier.ordinal < replies.ordinal
              AND earlier.state IN ('waiting', 'sending', 'kept'))
        ORDER BY due LIMIT :most)
    UNION ALL
    SELECT * FROM (
        SELECT id, due FROM replies
        WHERE state IN ('waiting', 'sending', 'kept') AND state = 'sending' AND due <= :now AND NOT EXISTS (
            SELECT 1 FROM replies AS earlier
            WHERE earlier.webhook = replies.webhook AND earlier.ordinal < replies.ordinal
              AND earlier.state IN ('waiting', 'sending', 'kept'))
        ORDER BY due LIMIT :most))
ORDER BY due, id LIMIT :most;

-- name: lease_replies
UPDATE replies SET state = 'sending', due = :until WHERE id IN (SELECT value FROM carray(:ids)) RETURNING state, due, data;

-- name: release_kept
UPDATE replies SET state = 'waiting', due = :now WHERE state IN ('waiting', 'sending', 'kept') AND state = 'kept';

-- == pruning

-- name: old_webhooks
SELECT webhooks.seq, id, endpoint, state, data FROM webhooks JOIN arrivals USING (seq)
WHERE id < :below AND received_at < :before AND state IN ('delivered', 'failed', 'dismissed')
ORDER BY id LIMIT :most;

-- name: delete_webhooks
DELETE FROM webhooks WHERE seq IN (SELECT value FROM carray(:seqs));

-- name: delete_arrivals
DELETE FROM arrivals WHERE seq IN (SELECT value FROM carray(:seqs));

-- name: delete_attempts
DELETE FROM attempts WHERE webhook IN (SELECT value FROM carray(:seqs));

-- name: delete_replies
DELETE FROM replies WHERE webhook IN (SELECT value FROM carray(:ids));

-- name: delete_events
DELETE FROM debug_events WHERE webhook IN (SELECT value FROM carray(:ids));

-- name: delete_notices
DELETE FROM notices WHERE webhook IN (SELECT value FROM carray(:ids)) AND webhook <> '';

-- name: delete_keys
DELETE FROM dedupe WHERE key IN (SELECT value FROM carray(:keys)) AND seq IN (SELECT value FROM carray(:seqs));

-- name: delete_loose_events
DELETE FROM debug_events WHERE seq IN (
    SELECT seq FROM debug_events WHERE webhook = '' AND id < :below AND at < :before ORDER BY id LIMIT :most);

-- name: delete_old_notices
DELETE FROM notices WHERE seq IN (SELECT seq FROM notices WHERE at < :before ORDER BY at LIMIT :most);

-- name: delete_issues
DELETE FROM issues
WHERE last_seen < :before AND NOT EXISTS (SELECT 1 FROM debug_events WHERE debug_events.issue = issues.id);

-- name: delete_issue_hours
DELETE FROM issue_hours WHERE hour < :below;

-- == news

-- name: read_ends
-- The highest number that each log has come to, whatever has been deleted since.
SELECT max(next_seq - 1, coalesce((SELECT max(seq) FROM arrivals), 0)),
       max(next_attempt - 1, coalesce((SELECT max(seq) FROM attempts), 0)),
       max(next_event - 1, coalesce((SELECT max(seq) FROM debug_events), 0)),
       max(next_notice - 1, coalesce((SELECT max(seq) FROM notices), 0))
FROM marks;

-- name: next_arrivals
-- With what has become of them; nothing where they have not been settled yet.
SELECT arrivals.seq, state, due, failures, refusals, attempts, conversation, provider_id, account_sid, sender, recipient, note, answer, data
FROM arrivals LEFT JOIN webhooks ON webhooks.seq = arrivals.seq
WHERE arrivals.seq > :after ORDER BY arrivals.seq LIMIT :most;

-- name: next_attempts
SELECT tried.seq, tried.webhook, tried.data,
       state, due, failures, refusals, attempts, conversation, provider_id, account_sid, sender, recipient, note, answer, arrivals.data
FROM attempts AS tried CROSS JOIN webhooks ON webhooks.seq = tried.webhook CROSS JOIN arrivals ON arrivals.seq = tried.webhook
WHERE tried.seq > :after ORDER BY tried.seq LIMIT :most;

-- name: next_events
SELECT seq, data FROM debug_events WHERE seq > :after ORDER BY seq LIMIT :most;

-- name: next_notices
SELECT seq, attempt, event, data FROM notices WHERE seq > :after ORDER BY seq LIMIT :most;

-- name: numbers_of_webhooks
SELECT id, seq FROM webhooks WHERE id IN (SELECT value FROM carray(:ids));

-- name: attempts_since
SELECT seq, data FROM attempts WHERE seq >= :seq ORDER BY seq LIMIT :most;

-- name: first_event_since
-- By the index over `at` alone; the plus keeps SQLite from reading all rows in the order of their numbers.
SELECT min(+seq) FROM debug_events WHERE at >= :at;

-- name: first_notice_since
SELECT min(+seq) FROM notices WHERE at >= :at;

-- == small records

-- name: kept_on_shelf
SELECT id, data FROM kept WHERE shelf = :shelf AND id > :after ORDER BY id LIMIT :most;

-- name: one_kept
SELECT data FROM kept WHERE shelf = :shelf AND id = :id;

-- == reading

-- name: oldest_undelivered
-- Of the rows; what has none yet is not in it.
SELECT min((
    SELECT min(received_at) FROM webhooks
    WHERE endpoint = asked.value AND state IN ('waiting', 'delivering')))
FROM carray(:endpoints) AS asked;

-- name: one_webhook
SELECT state, due, failures, refusals, attempts, conversation, provider_id, account_sid, sender, recipient, note, answer, data
FROM webhooks JOIN arrivals USING (seq) WHERE id = :id;

-- name: arrivals_at
SELECT data FROM arrivals WHERE seq IN (SELECT value FROM carray(:seqs));

-- name: newest_unsearchable
-- What the index of words does not know yet. The plus keeps the index of ids out of it: that one would read them all.
SELECT state, due, failures, refusals, attempts, conversation, provider_id, account_sid, sender, recipient, note, answer, data
FROM webhooks JOIN arrivals USING (seq)
WHERE webhooks.seq >= (SELECT below FROM searchable) AND +id < :below AND +id >= :from
  AND (:endpoint = '' OR endpoint = :endpoint)
  AND (:state = '' OR state = :state)
  AND received_at >= :since AND received_at < :until
ORDER BY webhooks.seq DESC LIMIT :most;

-- name: last_number_below
SELECT seq FROM webhooks WHERE id < :id ORDER BY id DESC LIMIT 1;

-- name: first_number_from
SELECT seq FROM webhooks WHERE id >= :id ORDER BY id LIMIT 1;

-- name: newest_with_words
SELECT webhooks.seq, state, due, failures, refusals, attempts, conversation, provider_id, account_sid, sender, recipient, note, answer, data
FROM search CROSS JOIN webhooks ON webhooks.seq = search.rowid CROSS JOIN arrivals ON arrivals.seq = search.rowid
WHERE search MATCH :words AND search.rowid < :row AND search.rowid >= :floor AND id < :below AND id >= :from
  AND (:endpoint = '' OR endpoint = :endpoint)
  AND (:state = '' OR state = :state)
  AND received_at >= :since AND received_at < :until
ORDER BY search.rowid DESC LIMIT :most;

-- name: newest_webhooks
SELECT state, due, failures, refusals, attempts, conversation, provider_id, account_sid, sender, recipient, note, answer, data
FROM webhooks JOIN arrivals USING (seq)
WHERE id < :below AND id >= :from
  AND (:endpoint = '' OR endpoint = :endpoint)
  AND (:state = '' OR state = :state)
  AND received_at >= :since AND received_at < :until
ORDER BY id DESC LIMIT :most;

-- name: newest_webhooks_in_state
-- For any state but delivered: that one has no index, being what nearly all are in.
SELECT state, due, failures, refusals, attempts, conversation, provider_id, account_sid, sender, recipient, note, answer, data
FROM webhooks JOIN arrivals USING (seq)
WHERE state = :state AND state <> 'delivered' AND id < :below AND id >= :from
  AND (:endpoint = '' OR endpoint = :endpoint)
  AND received_at >= :since AND received_at < :until
ORDER BY id DESC LIMIT :most;

-- name: webhooks_with_code
SELECT webhook FROM debug_events WHERE code = :code AND webhook < :below AND webhook >= :from
UNION
SELECT webhook FROM debug_events WHERE alias = :code AND alias <> 0 AND webhook < :below AND webhook >= :from
ORDER BY webhook DESC LIMIT :most;

-- name: few_with_code
SELECT count(*) < :few FROM (
    SELECT 1 FROM debug_events WHERE code = :code UNION ALL
    SELECT 1 FROM debug_events WHERE alias = :code AND alias <> 0 LIMIT :few);

-- name: few_in_state
SELECT coalesce(sum(count), 0) < :few FROM tally WHERE state = :state;

-- name: has_code
SELECT 1 FROM debug_events WHERE webhook = :id AND :code IN (code, alias) LIMIT 1;

-- name: attempts_of
SELECT attempts.data FROM attempts JOIN webhooks ON webhooks.seq = attempts.webhook WHERE webhooks.id = :id ORDER BY attempts.seq;

-- name: replies_of
SELECT state, due, data FROM replies WHERE webhook = :id ORDER BY ordinal, id;

-- name: notices_of
SELECT seq, data FROM notices WHERE webhook = :id AND webhook <> '' ORDER BY seq;

-- name: events_of
SELECT data FROM debug_events WHERE webhook = :id ORDER BY id;

-- name: one_reply
SELECT state, due, data FROM replies WHERE id = :id;

-- name: one_event
SELECT data FROM debug_events WHERE id = :id;

-- name: newest_events
SELECT data FROM debug_events
WHERE id < :below AND id >= :from
  AND (:code = 0 OR :code IN (code, alias)) AND (:level = '' OR level = :level) AND (:endpoint = '' OR endpoint = :endpoint)
  AND (:cause = '' OR cause = :cause) AND (:issue = '' OR issue = :issue)
  AND at >= :since AND at < :until
ORDER BY id DESC LIMIT :most;

-- name: newest_events_with_code
-- Each half by its own index, merged.
SELECT data, id FROM debug_events
WHERE code = :code AND id < :below AND id >= :from
  AND (:level = '' OR level = :level) AND (:endpoint = '' OR endpoint = :endpoint)
  AND (:cause = '' OR cause = :cause) AND (:issue = '' OR issue = :issue)
  AND at >= :since AND at < :until
UNION ALL
SELECT data, id FROM debug_events
WHERE alias = :code AND alias <> 0 AND id < :below AND id >= :from
  AND (:level = '' OR level = :level) AND (:endpoint = '' OR endpoint = :endpoint)
  AND (:cause = '' OR cause = :cause) AND (:issue = '' OR issue = :issue)
  AND at >= :since AND at < :until
ORDER BY id DESC LIMIT :most;

-- name: newest_events_of_webhook
SELECT data FROM debug_events
WHERE webhook = :webhook AND id < :below AND id >= :from
  AND (:code = 0 OR :code IN (code, alias)) AND (:level = '' OR level = :level) AND (:endpoint = '' OR endpoint = :endpoint)
  AND (:cause = '' OR cause = :cause) AND (:issue = '' OR issue = :issue)
  AND at >= :since AND at < :until
ORDER BY id DESC LIMIT :most;

-- name: newest_events_of_issue
SELECT data FROM debug_events
WHERE issue = :issue AND id < :below AND id >= :from
  AND (:code = 0 OR :code IN (code, alias)) AND (:level = '' OR level = :level) AND (:endpoint = '' OR endpoint = :endpoint)
  AND (:cause = '' OR cause = :cause)
  AND at >= :since AND at < :until
ORDER BY id DESC LIMIT :most;

-- name: count_events
-- By the index over `at` alone.
SELECT min(:buckets - 1, CAST((at - :start) * :buckets / (:end - :start) AS INTEGER)) AS bucket, count(*) FROM debug_events
WHERE at >= :since AND at < :until
  AND (:code = 0 OR :code IN (code, alias)) AND (:level = '' OR level = :level) AND (:endpoint = '' OR endpoint = :endpoint)
  AND (:cause = '' OR cause = :cause)
GROUP BY bucket;

-- name: count_events_of_issue
-- By the index over `issue` alone: endpoint, code and cause are the issue's.
SELECT min(:buckets - 1, CAST((at - :start) * :buckets / (:end - :start) AS INTEGER)) AS bucket, count(*) FROM debug_events
WHERE issue = :issue AND id < :below AND id >= :from AND at >= :since AND at < :until AND (:level = '' OR level = :level)
  AND EXISTS (
      SELECT 1 FROM issues
      WHERE issues.id = :issue AND (:code = 0 OR issues.code = :code OR EXISTS (SELECT 1 FROM debug_events AS last WHERE last.id = issues.last_event AND last.alias = :code)) AND (:endpoint = '' OR issues.endpoint = :endpoint)
        AND (:cause = '' OR issues.cause = :cause))
GROUP BY bucket;

-- name: issues_by_place
SELECT id, endpoint, code, cause, title, level, first_seen, last_seen, count, last_event, state FROM issues
WHERE (:before = '' OR place < :before) AND (:states = '' OR instr(:states, ',' || state || ','))
  AND (:endpoint = '' OR endpoint = :endpoint) AND (:code = 0 OR code = :code OR EXISTS (
      SELECT 1 FROM debug_events WHERE debug_events.id = issues.last_event AND alias = :code)) AND (:cause = '' OR cause = :cause)
ORDER BY place DESC LIMIT :most;

-- name: one_issue
SELECT id, endpoint, code, cause, title, level, first_seen, last_seen, count, last_event, state FROM issues WHERE id = :id;

-- name: hours_of_issues
SELECT issue, hour, count FROM issue_hours
WHERE issue IN (SELECT value FROM carray(:ids)) AND hour >= :first AND hour < :first + :hours;

-- name: webhooks_of_issue
-- A state at a time, so that the index gives the order. The plus keeps SQLite from the index of issues: a webhook has few events, an issue
-- may have a hundred thousand, which would be gone through for each webhook.
SELECT id FROM (
    SELECT * FROM (
        SELECT id FROM webhooks
        WHERE state = 'failed' AND state <> 'delivered' AND id > :after
          AND EXISTS (SELECT 1 FROM debug_events WHERE webhook = webhooks.id AND +issue = :issue)
        ORDER BY id LIMIT :most)
    UNION ALL
    SELECT * FROM (
        SELECT id FROM webhooks
        WHERE state = 'dismissed' AND state <> 'delivered' AND id > :after
          AND EXISTS (SELECT 1 FROM debug_events WHERE webhook = webhooks.id AND +issue = :issue)
        ORDER BY id LIMIT :most))
ORDER BY id LIMIT :most;

-- == searching

-- name: unsearchable
SELECT webhooks.seq, state, due, failures, refusals, attempts, conversation, provider_id, account_sid, sender, recipient, note, answer, data
FROM webhooks JOIN arrivals USING (seq)
WHERE webhooks.seq >= (SELECT below FROM searchable) AND webhooks.seq < :below
ORDER BY webhooks.seq LIMIT :most;

-- name: add_words
INSERT INTO search (rowid, words) VALUES (:seq, :words);

-- name: delete_words
DELETE FROM search WHERE rowid = :seq;

-- name: mark_searchable
UPDATE searchable SET below = :below;

-- name: searchable_below
SELECT below FROM searchable;

-- name: webhooks_of_number
SELECT webhooks.seq, id, endpoint, state, data
FROM search CROSS JOIN webhooks ON webhooks.seq = search.rowid CROSS JOIN arrivals ON arrivals.seq = search.rowid
WHERE search MATCH :words AND (sender = :number OR recipient = :number) AND state <> 'delivering'
LIMIT :most;

-- name: pages_in_use
SELECT page_count - freelist_count, page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size;

-- == opening

-- name: read_marks
SELECT settled_below, deduped_below, max(next_seq, coalesce((SELECT max(seq) FROM arrivals) + 1, 1)), least_lag, most_lag FROM marks;

-- name: read_numbers
SELECT max(next_attempt, coalesce((SELECT max(seq) FROM attempts) + 1, 1)),
       max(next_event, coalesce((SELECT max(seq) FROM debug_events) + 1, 1)),
       max(next_notice, coalesce((SELECT max(seq) FROM notices) + 1, 1))
FROM marks;

-- name: read_paces
SELECT arrivals_behind, attempts_behind FROM marks;

-- name: last_arrival
SELECT data FROM arrivals WHERE seq = (SELECT max(seq) FROM arrivals);

-- name: last_attempt
SELECT data FROM attempts WHERE seq = (SELECT max(seq) FROM attempts);

-- name: read_tally
SELECT endpoint, state, count FROM tally WHERE count > 0;

-- name: key_places
-- The first four bytes of every key of a bucket in one string: one row for each would take the interpreter lock for each.
SELECT group_concat(substr(hex(key) || '00000000', 1, 8), '') FROM dedupe WHERE key >= :from AND key < :below;

-- name: arrivals_since
SELECT seq, data FROM arrivals WHERE seq >= :seq ORDER BY seq LIMIT :most;

-- name: unsettled_arrivals
SELECT seq, data FROM arrivals
WHERE seq >= :seq AND NOT EXISTS (SELECT 1 FROM webhooks WHERE webhooks.seq = arrivals.seq)
ORDER BY seq;
