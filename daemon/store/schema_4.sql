-- Schema 4: how far a reminder has climbed, and what a completed action can show for itself.

-- notice.channel: mail, webhook:NAME; none where nobody could be reached; held where something said by people
-- kept it back; void:MESSAGE where that message was cancelled, or went to who no longer held the role: it does not
-- count as told, and the next run may write its like.

-- What shows that an action is done: a title and a link into the council's own store, never the file.
-- Rows are added, never changed or deleted.
CREATE TABLE evidence (
    id           INTEGER PRIMARY KEY,
    action_id    INTEGER NOT NULL REFERENCES action(id),
    part_id      INTEGER REFERENCES part(id), -- NULL: of the whole action, so of each of its parts
    effective_on TEXT NOT NULL,               -- the day from which it counts
    recorded_at  TEXT NOT NULL,
    who          TEXT NOT NULL,
    title        TEXT NOT NULL,
    link         TEXT NOT NULL,               -- http, https or a path
    sha256       TEXT                         -- of the file, 64 digits; NULL: none was given
) STRICT;
CREATE INDEX evidence_action ON evidence(action_id, effective_on);

-- An older csid would tell again what was escalated, and close actions without asking for evidence.
UPDATE meta SET value = '4' WHERE key = 'min_reader';
