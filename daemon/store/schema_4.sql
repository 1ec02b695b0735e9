-- Schema 4: how far a reminder has climbed, and what a completed action can show for itself.

-- An older csid would tell again what was escalated, and close actions without asking for evidence.
UPDATE meta SET value = '4' WHERE key = 'min_reader';
