-- Schema 5: delivery. Who holds a channel, how a message was carried, which addresses mail cannot reach.

-- What was held before was held for a fault.
ALTER TABLE channel ADD COLUMN held_by TEXT CHECK (held_by IN ('hand','fault','endpoint')); -- NULL: it is up
ALTER TABLE channel ADD COLUMN failing_since TEXT; -- an endpoint: since when every call has failed; NULL: it answers
ALTER TABLE channel ADD COLUMN told_at TEXT; -- when the administrator was told that the endpoint holds it
UPDATE channel SET held_by = 'fault' WHERE state = 'held';

-- What the other side was, as far as it is known: for the proof that something was sent.
ALTER TABLE attempt ADD COLUMN peer TEXT; -- address and port it was carried to
ALTER TABLE attempt ADD COLUMN tls  TEXT; -- how the connection was secured; NULL: it was not

-- Messages to one recipient go in the order in which they were written, so many a minute.
CREATE INDEX message_waiting ON message(channel, recipient, id) WHERE state IN ('queued','retry','in-doubt','sending');
CREATE INDEX attempt_started ON attempt(started_at);

-- Stands in the journal with the message, so that what was sent can be shown to be these bytes.
ALTER TABLE message ADD COLUMN sha256 TEXT; -- of body, hexadecimal; NULL: written by schema 4 or before

-- In which format the body of a webhook was built; NULL: a mail, or standard.
ALTER TABLE message ADD COLUMN format TEXT;

-- Addresses that a mail server refused for good, or that a bounce spoke of. A corrected address is another one.
CREATE TABLE bounce (
    address    TEXT PRIMARY KEY COLLATE NOCASE,
    status     TEXT NOT NULL,                  -- 5.1.1 (RFC 3463)
    said       TEXT NOT NULL,                  -- the server's words
    bounced_at TEXT NOT NULL,                  -- when csid learned of it
    message_id INTEGER REFERENCES message(id), -- the message that came back; NULL: not known
    told       INTEGER NOT NULL DEFAULT 0      -- whether the administrator has heard of it
) STRICT, WITHOUT ROWID;

-- Where a mail goes instead of to its recipient, as its bytes say (mail.redirect_all_to); NULL: to its recipient.
ALTER TABLE message ADD COLUMN redirected_to TEXT;
-- Whether the administrator has heard that it has been tried for hours.
ALTER TABLE message ADD COLUMN late_told INTEGER NOT NULL DEFAULT 0;
-- What fault has held the mail, until the administrator has heard of it, who can only do so once it goes again.
ALTER TABLE channel ADD COLUMN fault TEXT;

-- An older csid would release at its start what somebody holds, and write to what has bounced.
UPDATE meta SET value = '5' WHERE key = 'min_reader';
