-- Schema 2: deadlines that rules yield. A deadline's row holds what its rule said when it was last worked
-- out, so that a reminder needs no rule to be read again.

ALTER TABLE deadline ADD COLUMN rule TEXT;              -- STMT-70; NULL: added by hand
ALTER TABLE deadline ADD COLUMN about TEXT;             -- what it counts from: inspection:1, meeting:3 resolution:1
ALTER TABLE deadline ADD COLUMN check_name TEXT NOT NULL DEFAULT 'deadlines'; -- the check that tells of it
ALTER TABLE deadline ADD COLUMN opens_on TEXT;          -- of a window its first day, due_on its last; NULL: no window
ALTER TABLE deadline ADD COLUMN warn_on TEXT;           -- of a window: from then on it is said that nothing is booked
ALTER TABLE deadline ADD COLUMN computed_opens_on TEXT; -- what the rule says of the two
ALTER TABLE deadline ADD COLUMN computed_on TEXT;
ALTER TABLE deadline ADD COLUMN stated_opens_on TEXT;   -- what Ofsted or the Department wrote: it wins. A window, or
ALTER TABLE deadline ADD COLUMN stated_on TEXT;         -- a month its first and last day; a day the same twice
ALTER TABLE deadline ADD COLUMN stated_by TEXT;         -- the record that states it, visit:4; NULL: an officer did
ALTER TABLE deadline ADD COLUMN difference_seen INTEGER NOT NULL DEFAULT 0; -- 1: an officer knows that they differ
ALTER TABLE deadline ADD COLUMN reckoning TEXT;         -- 70 working days from 24 Oct 2018, stepping over …
ALTER TABLE deadline ADD COLUMN citation TEXT;          -- the law it rests on
ALTER TABLE deadline ADD COLUMN missed TEXT;            -- what follows if it is missed
ALTER TABLE deadline ADD COLUMN copy_to TEXT NOT NULL DEFAULT 'director'; -- slugs of the roles that get a copy
ALTER TABLE deadline ADD COLUMN ladder TEXT NOT NULL DEFAULT '28 14 7 1 0'; -- days before it, falling
ALTER TABLE deadline ADD COLUMN draft TEXT;             -- the report whose draft stands in the reminder: chair
ALTER TABLE deadline ADD COLUMN data_on TEXT;           -- the day its figures are cut off at
ALTER TABLE deadline ADD COLUMN ended_why TEXT;         -- visit:3, instrument:1, … ; NULL: by hand
ALTER TABLE deadline ADD COLUMN created_at TEXT;        -- when the row was first written; NULL: in schema 1
ALTER TABLE deadline ADD COLUMN updated_at TEXT;        -- when the row last changed; NULL: not since schema 1
CREATE INDEX deadline_rule ON deadline(rule, about);

-- The rules in force, field by field (include/rule.def); a rule pack on disk that differs is only adopted by
-- csictl rules adopt, so that its effect can be seen first.
CREATE TABLE rule (
    id    TEXT NOT NULL,                    -- STMT-70
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (id, field)
) STRICT, WITHOUT ROWID;
-- The packs a plan says apply to it; a plan without any is under all of them.
CREATE TABLE plan_pack (
    plan_id INTEGER NOT NULL REFERENCES plan(id),
    pack    TEXT NOT NULL,
    PRIMARY KEY (plan_id, pack)
) STRICT, WITHOUT ROWID;

-- What this database is called for good: calendars know its events by it.
INSERT OR IGNORE INTO meta VALUES ('instance', lower(hex(randomblob(8))));

-- An older csid would carry a rule's series on by itself.
UPDATE meta SET value = '2' WHERE key = 'min_reader';
