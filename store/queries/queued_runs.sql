SELECT run_id, sweep_id, shape, train_size, memory_bytes, attempt,
       parent_run_id IS NOT NULL AS is_fork
FROM run_config
JOIN run_states USING (run_id, sweep_id)
WHERE state = 'queued' AND device IN ('auto', $device)
ORDER BY run_id;
