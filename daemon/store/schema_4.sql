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

-- The policies of escalation that have been in force, each from the first chain that began under it.
CREATE TABLE escalation_policy (
    id    INTEGER PRIMARY KEY,
    text  TEXT NOT NULL,                    -- owner +1, line-manager +3, …, or none
    since TEXT NOT NULL
) STRICT;
-- One overdue subject on its way up: from the run that first found it overdue until it is closed or due on
-- another day. Who was told is in escalation_level; the mails are notices with this row's id in their step.
CREATE TABLE escalation (
    id        INTEGER PRIMARY KEY,
    about     TEXT NOT NULL,                -- as in notice
    due_on    TEXT NOT NULL,
    role      TEXT NOT NULL,                -- slug of the role that owns it now; '': nobody does
    rule      TEXT NOT NULL,                -- the check that tells of it
    policy_id INTEGER NOT NULL REFERENCES escalation_policy(id), -- pinned: a later one is for later chains
    began_at  TEXT NOT NULL,
    ended_at  TEXT,                         -- NULL: it goes on
    why       TEXT,                         -- complete on 4 Sep 2017; now due 2 Oct 2017
    settled   INTEGER NOT NULL DEFAULT 0    -- 1: ended, and who it was escalated to has been told
) STRICT;
CREATE UNIQUE INDEX escalation_open ON escalation(about, due_on, role) WHERE ended_at IS NULL;
CREATE INDEX escalation_unsettled ON escalation(rule) WHERE settled = 0;
CREATE INDEX escalation_about ON escalation(about);
-- The levels that it has reached, in their order.
CREATE TABLE escalation_level (
    escalation_id INTEGER NOT NULL REFERENCES escalation(id),
    level         INTEGER NOT NULL,         -- place in the policy, from 1: the owner
    again         INTEGER NOT NULL,         -- 0 the first time, 1, 2, … as the last level is told again
    role          TEXT NOT NULL,
    address       TEXT COLLATE NOCASE,      -- who was told; NULL: nobody could be, so the next was at once
    at            TEXT NOT NULL,
    notice_id     INTEGER REFERENCES notice(id), -- by which; void: it was not told after all, and is again
    PRIMARY KEY (escalation_id, level, again)
) STRICT, WITHOUT ROWID;
-- What was past due when its plan was first imported: it waits for the board before it is escalated.
CREATE TABLE backlog (
    about   TEXT NOT NULL,                  -- as in notice
    due_on  TEXT NOT NULL,
    plan_id INTEGER NOT NULL REFERENCES plan(id),
    PRIMARY KEY (about, due_on)
) STRICT, WITHOUT ROWID;
CREATE INDEX backlog_plan ON backlog(plan_id);
-- A plan that is there already: its first import wrote entries in the instant that made it.
INSERT INTO backlog (about, due_on, plan_id)
    SELECT DISTINCT pl.slug || ':' || a.ref, e.due_on, pl.id
    FROM plan pl JOIN action a ON a.plan_id = pl.id JOIN part p ON p.action_id = a.id
    JOIN entry e ON e.part_id = p.id AND e.recorded_at = pl.created_at
    WHERE e.due_on < e.effective_on AND coalesce(e.status, 'draft') IN ('draft','agreed','in-progress','completion-proposed');

-- An older csid would tell again what was escalated, and close actions without asking for evidence.
UPDATE meta SET value = '4' WHERE key = 'min_reader';
