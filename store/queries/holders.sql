SELECT DISTINCT worker_id FROM run_states WHERE state = 'running';
