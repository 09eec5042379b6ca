SELECT run_id, attempt
FROM run_states
WHERE state = 'running' AND worker_id = $worker_id
  AND run_id IN (SELECT unnest($run_ids::INTEGER[]));
