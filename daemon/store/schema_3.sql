-- Schema 3: what people say to a reminder. A row is written once and decided, confirmed or ended once; nothing
-- is deleted. Whoever wrote it stands as the journal names them.

-- A later due date that was asked for. Granted, it is an entry of the part's history like any other.
CREATE TABLE extension (
    id         INTEGER PRIMARY KEY,
    part_id    INTEGER NOT NULL REFERENCES part(id),
    asked_on   TEXT NOT NULL,
    asked_by   TEXT NOT NULL,
    from_on    TEXT NOT NULL,               -- when the part was due as it was asked
    to_on      TEXT NOT NULL,
    reason     TEXT NOT NULL,
    state      TEXT NOT NULL DEFAULT 'asked' CHECK (state IN ('asked','granted','refused')),
    decided_on TEXT,
    decided_by TEXT,                        -- csid where nobody did: the part was closed
    why        TEXT                         -- of a refusal
) STRICT;
CREATE UNIQUE INDEX extension_open ON extension(part_id) WHERE state = 'asked'; -- the newest replaces
CREATE INDEX extension_state ON extension(state, id);

-- "Mine, back on that day": of one subject and due date, until which its owner is not reminded again.
CREATE TABLE acknowledgement (
    id      INTEGER PRIMARY KEY,
    about   TEXT NOT NULL,                  -- as in notice
    due_on  TEXT NOT NULL,                  -- another date wants another acknowledgement
    role    TEXT,                           -- slug of the role whose notice it answers; NULL: none was named
    person  TEXT COLLATE NOCASE,            -- address that the link went to; NULL: not by a link
    by      TEXT NOT NULL,
    comment TEXT,
    back_on TEXT NOT NULL,                  -- from that day on reminders go again
    at      TEXT NOT NULL,
    link    TEXT UNIQUE                     -- SHA-256 of the link that was used: it works once
) STRICT;
CREATE INDEX acknowledgement_about ON acknowledgement(about, due_on);

-- One person is left alone about one subject; the others, and what is evaluated, are not touched.
CREATE TABLE snooze (
    id       INTEGER PRIMARY KEY,
    address  TEXT COLLATE NOCASE NOT NULL,
    about    TEXT NOT NULL,
    until_on TEXT NOT NULL,                 -- from that day on mails go again
    by       TEXT NOT NULL,
    comment  TEXT,
    at       TEXT NOT NULL
) STRICT;
CREATE INDEX snooze_about ON snooze(address, about);

-- Notices held back by what they are about, between two instants.
CREATE TABLE silence (
    id           INTEGER PRIMARY KEY,
    matchers     TEXT NOT NULL,             -- about=bromley-2016:5.*, one a line; all of them match
    start_at     TEXT NOT NULL,
    end_at       TEXT NOT NULL,
    by           TEXT NOT NULL,
    comment      TEXT NOT NULL,
    at           TEXT NOT NULL,
    two          INTEGER NOT NULL,          -- 1: holds nothing until somebody else has confirmed it
    second       TEXT,                      -- who was asked to; NULL: any other officer
    confirmed_by TEXT,
    confirmed_at TEXT,
    ended_by     TEXT,                      -- before its end
    ended_at     TEXT
) STRICT;
CREATE INDEX silence_end ON silence(end_at);

-- An older csid would remind of what was acknowledged, and close parts with a request open.
UPDATE meta SET value = '3' WHERE key = 'min_reader';
