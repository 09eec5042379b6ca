-- The checkpoint files of a run, the newest first.
SELECT step, attempt, reason, bytes, path, recorded_at
FROM checkpoints
WHERE run_id = ?
ORDER BY step DESC, attempt DESC
