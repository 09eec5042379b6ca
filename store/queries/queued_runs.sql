SELECT run_id, sweep_id, shape, train_size, attempt
FROM run_config
JOIN run_state USING (run_id)
WHERE state = 'queued' AND device IN ('auto', $device)
ORDER BY run_id;
