INSERT INTO run_note (run_id, note)
SELECT run_id, $note
FROM run_config
WHERE $note <> '' AND run_id IN (SELECT unnest($run_ids::INTEGER[]));
