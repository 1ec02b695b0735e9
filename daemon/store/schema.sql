-- csid's state. Dates are ISO text (2017-09-26), instants RFC 3339 UTC (2017-09-26T08:30:00Z), so that
-- the file reads plainly in sqlite3(1) and sorts as text. Nothing here names or describes a child.
-- This is schema 1; later versions are steps in store/migrate.c, never edits of this file.

-- What the file knows of itself.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,                 -- instance, min_reader
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A plan's own words for delivery. Data, never code: green is complete here and on track there.
CREATE TABLE scheme (
    id   INTEGER PRIMARY KEY,
    name TEXT COLLATE NOCASE NOT NULL UNIQUE
) STRICT;
CREATE TABLE rating (
    scheme_id INTEGER NOT NULL REFERENCES scheme(id),
    place     INTEGER NOT NULL,             -- order in every table; ties of rounding go to the first
    code      TEXT NOT NULL,                -- lower case, hyphens
    label     TEXT NOT NULL,
    symbol    TEXT NOT NULL,                -- stands beside the colour, for those who see none
    colour    TEXT NOT NULL,                -- red, amber, green, blue, grey
    meaning   TEXT NOT NULL CHECK (meaning IN ('complete','on-track','at-risk','off-track','not-started')),
    PRIMARY KEY (scheme_id, place),
    UNIQUE (scheme_id, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE plan (
    id         INTEGER PRIMARY KEY,
    slug       TEXT NOT NULL UNIQUE,
    title      TEXT NOT NULL,
    scheme_id  INTEGER NOT NULL REFERENCES scheme(id),
    created_at TEXT NOT NULL,
    version    INTEGER NOT NULL DEFAULT 1   -- counts changes; the ETag
) STRICT;
CREATE TABLE priority (
    id      INTEGER PRIMARY KEY,
    plan_id INTEGER NOT NULL REFERENCES plan(id),
    number  INTEGER NOT NULL,
    title   TEXT NOT NULL,
    UNIQUE (plan_id, number)
) STRICT;
CREATE TABLE recommendation (
    id      INTEGER PRIMARY KEY,
    plan_id INTEGER NOT NULL REFERENCES plan(id),
    ref     TEXT NOT NULL,                  -- its number in the inspectors' report
    UNIQUE (plan_id, ref)
) STRICT;

CREATE TABLE person (
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL,
    email   TEXT COLLATE NOCASE UNIQUE,     -- parsed before it comes here; NULL: none known
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE TABLE role (
    id         INTEGER PRIMARY KEY,
    slug       TEXT NOT NULL UNIQUE,
    title      TEXT NOT NULL,
    reports_to INTEGER REFERENCES role(id),
    version    INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX role_title ON role(title COLLATE NOCASE);
-- Who held a role between two dates, both included; to_on NULL: still does.
CREATE TABLE holding (
    id        INTEGER PRIMARY KEY,
    role_id   INTEGER NOT NULL REFERENCES role(id),
    person_id INTEGER NOT NULL REFERENCES person(id),
    from_on   TEXT NOT NULL,
    to_on     TEXT,
    basis     TEXT NOT NULL CHECK (basis IN ('permanent','interim','acting'))
) STRICT;
CREATE INDEX holding_role ON holding(role_id, from_on);
CREATE INDEX holding_person ON holding(person_id);

CREATE TABLE action (
    id              INTEGER PRIMARY KEY,
    plan_id         INTEGER NOT NULL REFERENCES plan(id),
    priority_id     INTEGER NOT NULL REFERENCES priority(id),
    ref             TEXT NOT NULL,          -- as the plan prints it: 5.12
    ref_key         TEXT NOT NULL,          -- the same made sortable: 1.9 before 1.10
    title           TEXT NOT NULL,
    success_measure TEXT,
    accountable_id  INTEGER REFERENCES role(id),
    start_on        TEXT,
    original_due_on TEXT,                   -- the first due date ever given, kept for ever
    updated_at      TEXT NOT NULL,
    version         INTEGER NOT NULL DEFAULT 1,
    UNIQUE (plan_id, ref)
) STRICT;
CREATE INDEX action_order ON action(plan_id, ref_key);
CREATE INDEX action_place ON action(id, plan_id, priority_id); -- what a position counts by, without the texts
CREATE TABLE action_recommendation (
    action_id         INTEGER NOT NULL REFERENCES action(id),
    recommendation_id INTEGER NOT NULL REFERENCES recommendation(id),
    PRIMARY KEY (action_id, recommendation_id)
) STRICT, WITHOUT ROWID;
-- Every action has at least one part; an action that is not split has one with the label ''.
CREATE TABLE part (
    id        INTEGER PRIMARY KEY,
    action_id INTEGER NOT NULL REFERENCES action(id),
    label     TEXT NOT NULL,
    UNIQUE (action_id, label)
) STRICT;
-- The history of a part, and its only state: what was said, for which day, and when it was recorded.
-- A NULL column says nothing about its field. For each field the latest effective_on <= as_at among
-- those with recorded_at <= known_at wins; on one date the latest seq.
CREATE TABLE entry (
    part_id       INTEGER NOT NULL REFERENCES part(id),
    effective_on  TEXT NOT NULL,
    seq           INTEGER NOT NULL,         -- order of recording within part and date
    recorded_at   TEXT NOT NULL,
    who           TEXT NOT NULL,
    rating        TEXT,                     -- a code of the plan's scheme; '' takes the rating away
    status        TEXT,
    due_precision TEXT,                     -- day, month, quarter, year, ongoing, none; NULL: due not spoken of
    due_on        TEXT,                     -- last day of that period; NULL with ongoing and none
    due_text      TEXT,                     -- as the plan words it, where that is no plain day
    owner_id      INTEGER REFERENCES role(id),
    completed_on  TEXT,                     -- with a status of complete and beyond
    PRIMARY KEY (part_id, effective_on, seq)
) STRICT, WITHOUT ROWID;
-- Dated progress notes; append-only.
CREATE TABLE action_update (
    id           INTEGER PRIMARY KEY,
    action_id    INTEGER NOT NULL REFERENCES action(id),
    effective_on TEXT NOT NULL,
    recorded_at  TEXT NOT NULL,
    who          TEXT NOT NULL,
    text         TEXT NOT NULL
) STRICT;
CREATE INDEX action_update_action ON action_update(action_id, effective_on);

-- Inspections, visits, bodies and what else include/record.def defines. The record itself is its values;
-- a reference to it is written visit:2.
CREATE TABLE record (
    kind    TEXT NOT NULL,
    id      INTEGER NOT NULL,               -- counts within its kind
    version INTEGER NOT NULL DEFAULT 1,     -- counts changes; the ETag
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
-- Every value a record ever had; a field's latest version is its present. One change of a record is
-- one version, whichever fields it touched.
CREATE TABLE record_value (
    kind        TEXT NOT NULL,
    record_id   INTEGER NOT NULL,
    field       TEXT NOT NULL,              -- a name of record.def
    version     INTEGER NOT NULL,
    recorded_at TEXT NOT NULL,
    who         TEXT NOT NULL,
    value       TEXT,                       -- NULL: taken away
    PRIMARY KEY (kind, record_id, field, version),
    FOREIGN KEY (kind, record_id) REFERENCES record(kind, id)
) STRICT, WITHOUT ROWID;

-- One row per date on which something is owed. A series shares series_id; its dates are counted
-- from first_due_on, never from the day something was submitted.
CREATE TABLE deadline (
    id             INTEGER PRIMARY KEY,
    series_id      INTEGER NOT NULL,        -- id of the first of the series
    step           INTEGER NOT NULL,        -- 0 for the first, 1 for the next, …
    first_due_on   TEXT NOT NULL,
    title          TEXT NOT NULL,
    due_on         TEXT NOT NULL,
    every          TEXT,                    -- 3m, 1y, 2w; NULL: once
    role_id        INTEGER NOT NULL REFERENCES role(id),
    recipient      TEXT,                    -- to whom it is owed: "Secretary of State"
    source         TEXT,
    submitted_on   TEXT,
    evidence_title TEXT,
    evidence_link  TEXT,
    ended_on       TEXT,                    -- no longer owed from this day on; ends the series
    version        INTEGER NOT NULL DEFAULT 1,
    UNIQUE (series_id, step)
) STRICT;
CREATE INDEX deadline_due ON deadline(due_on);

-- Bank holidays that were imported. A year of which a division has any row is wholly told by them.
CREATE TABLE holiday (
    division TEXT NOT NULL,                 -- england-and-wales, scotland, northern-ireland
    day      TEXT NOT NULL,
    name     TEXT NOT NULL,
    PRIMARY KEY (division, day)
) STRICT, WITHOUT ROWID;

-- When a schedule was first seen with this expression, and how far it has been decided.
CREATE TABLE schedule (
    name       TEXT PRIMARY KEY,
    spec       TEXT NOT NULL,               -- check, cron and zone; a change starts anew from then
    decided_at TEXT NOT NULL                -- every occurrence up to here has its row
) STRICT, WITHOUT ROWID;
-- An occurrence is its nominal local time: a clock set back cannot make it happen twice.
CREATE TABLE occurrence (
    id          INTEGER PRIMARY KEY,
    schedule    TEXT NOT NULL,
    nominal     TEXT NOT NULL,              -- 2017-09-01T08:30, local
    fold        INTEGER NOT NULL,           -- 1: second pass of a repeated hour
    due_at      TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('done','failed','skipped','coalesced','expired')),
    reason      TEXT,
    covers_from TEXT,                       -- catch-up: the earliest occurrence this run stands for
    ran_at      TEXT NOT NULL,
    late_by     INTEGER NOT NULL,           -- seconds
    findings    INTEGER NOT NULL DEFAULT 0,
    notices     INTEGER NOT NULL DEFAULT 0,
    UNIQUE (schedule, nominal, fold)
) STRICT;
CREATE INDEX occurrence_recent ON occurrence(schedule, due_at);

-- The outbox. A message is its final bytes for one recipient over one channel.
CREATE TABLE message (
    id          INTEGER PRIMARY KEY,
    channel     TEXT NOT NULL,              -- mail, webhook:NAME
    recipient   TEXT NOT NULL,              -- address, or the endpoint's name
    event       TEXT NOT NULL,              -- csi.action.overdue, …
    subject     TEXT NOT NULL,              -- one line for listings
    message_id  TEXT NOT NULL UNIQUE,       -- Message-ID or webhook-id: the same for every attempt
    body        BLOB NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('queued','sending','accepted','retry','in-doubt','failed',
                                               'expired','cancelled','held','collapsed')),
    reason      TEXT,                       -- why it is in this state, the server's words included
    created_at  TEXT NOT NULL,
    next_at     TEXT,                       -- queued and retry: not before
    valid_until TEXT,                       -- then it expires instead of going out
    sent_at     TEXT,                       -- accepted
    attempts    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX message_due ON message(state, channel, next_at);
CREATE INDEX message_told ON message(recipient COLLATE NOCASE, created_at); -- who had one today
-- Committed before any network I/O; its end with the state after it.
CREATE TABLE attempt (
    id         INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL REFERENCES message(id),
    started_at TEXT NOT NULL,
    ended_at   TEXT,
    outcome    TEXT,                        -- the state the message went to
    reply      TEXT                         -- the server's last words, or what went wrong
) STRICT;
CREATE INDEX attempt_message ON attempt(message_id);
-- Why a message exists: one row per subject it speaks of. The unique row is what keeps a notice from
-- going twice, whatever is restarted.
CREATE TABLE notice (
    id         INTEGER PRIMARY KEY,
    event      TEXT NOT NULL,
    about      TEXT NOT NULL,               -- bromley-2016:5.12, deadline:1, visit:2
    due_on     TEXT NOT NULL,               -- the date it is about; another date is another notice
    rule       TEXT NOT NULL,               -- the check
    step       TEXT NOT NULL,               -- T-28 … T-0, or the day of a daily one
    role       TEXT NOT NULL,               -- slug
    channel    TEXT NOT NULL,
    reason     TEXT NOT NULL,
    created_at TEXT NOT NULL,
    message_id INTEGER REFERENCES message(id), -- NULL: could not be sent, reason says why
    UNIQUE (about, due_on, rule, step, role, channel)
) STRICT;
CREATE INDEX notice_message ON notice(message_id);
CREATE INDEX notice_unreached ON notice(created_at) WHERE channel = 'none';

-- A channel that is down is the channel's state, not its messages'.
CREATE TABLE channel (
    name   TEXT PRIMARY KEY,
    state  TEXT NOT NULL CHECK (state IN ('up','held')),
    reason TEXT,
    since  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Answers already given to a POST with an Idempotency-Key, stored with the change itself; 7 days.
CREATE TABLE idempotency (
    key        TEXT NOT NULL,
    who        TEXT NOT NULL,
    request    TEXT NOT NULL,               -- SHA-256 of method, path, query and body
    status     INTEGER NOT NULL,
    type       TEXT NOT NULL,
    etag       TEXT,
    body       BLOB NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (who, key)
) STRICT, WITHOUT ROWID;

-- Every change, one row per changed object, in the transaction that made it. hash is SHA-256 over the
-- previous hash, seq, at, who, what, before and after, each followed by a newline (NULL as nothing).
CREATE TABLE journal (
    seq    INTEGER PRIMARY KEY,
    at     TEXT NOT NULL,
    who    TEXT NOT NULL,
    what   TEXT NOT NULL,                   -- action.update bromley-2016:5.12
    before TEXT,                            -- the row as JSON; NULL: there was none
    after  TEXT,
    hash   TEXT NOT NULL
) STRICT;
CREATE INDEX journal_about ON journal(substr(what, instr(what, ' ') + 1)); -- what is written of one subject

INSERT INTO meta VALUES ('min_reader', '1');
INSERT INTO scheme VALUES (1, 'rag'), (2, 'brag'), (3, 'progress');
INSERT INTO rating VALUES
    (1, 0, 'red', 'Red', '▲', 'red', 'off-track'),
    (1, 1, 'amber', 'Amber', '◆', 'amber', 'at-risk'),
    (1, 2, 'green', 'Green', '●', 'green', 'complete'),
    (2, 0, 'red', 'Red', '▲', 'red', 'off-track'),
    (2, 1, 'amber', 'Amber', '◆', 'amber', 'at-risk'),
    (2, 2, 'green', 'Green', '●', 'green', 'on-track'),
    (2, 3, 'blue', 'Blue', '■', 'blue', 'complete'),
    (3, 0, 'achieved', 'Achieved', '●', 'green', 'complete'),
    (3, 1, 'significant', 'Significant progress', '◆', 'amber', 'on-track'),
    (3, 2, 'limited', 'Limited progress or risk', '▲', 'red', 'off-track');
INSERT INTO role (slug, title) VALUES
    ('improvement-board-chair', 'Chair of the improvement board'),
    ('director', 'Director of Children''s Services'),
    ('programme-office', 'Programme office'),
    ('administrator', 'csid administrator');
