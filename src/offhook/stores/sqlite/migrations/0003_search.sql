-- The words of each webhook, by its seq: filled behind the deliveries, a few at a time, never on the path of an answer. Only which rows have
-- a word is kept, neither the text nor the words' places.
CREATE VIRTUAL TABLE search USING fts5 (words, content = '', contentless_delete = 1, detail = none, prefix = '3');

-- One row. Every webhook with a lower seq has its words in `search`; the others are read through when somebody searches.
CREATE TABLE searchable (below INTEGER NOT NULL);
INSERT INTO searchable VALUES (1);
