-- What happened to a run, the newest last.
SELECT recorded_at, attempt, state, step, worker_id, detail
FROM run_event_log
WHERE run_id = ?
ORDER BY attempt, event_id
