-- For each run of a sweep: where it is. Reads no metrics, so that it is quick every second.
SELECT run_id, state, coalesce(step, 0) AS step, steps, worker_id, detail
FROM run_states
WHERE sweep_id = ?
ORDER BY run_id
