-- Schema 4: how far a reminder has climbed, and what a completed action can show for itself.

-- notice.channel: mail, webhook:NAME; none where nobody could be reached; held where something said by people
-- kept it back; void:MESSAGE where that message was cancelled, or went to who no longer held the role: it does not
-- count as told, and the next run may write its like.

-- An older csid would tell again what was escalated, and close actions without asking for evidence.
UPDATE meta SET value = '4' WHERE key = 'min_reader';
