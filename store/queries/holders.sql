SELECT DISTINCT worker_id FROM run_state WHERE state = 'running';
