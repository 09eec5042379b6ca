SELECT run_id, attempt, state, step, pending
FROM run_states
WHERE run_id IN (SELECT unnest($run_ids::INTEGER[]))
ORDER BY run_id;
