-- How many runs of each sweep each worker holds.
SELECT sweep_id, worker_id, count(*) AS runs FROM run_states WHERE state = 'running' GROUP BY ALL;
