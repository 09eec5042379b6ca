-- How many runs are in which state, by who holds them.
SELECT state, worker_id, count(*) AS runs FROM run_states GROUP BY ALL ORDER BY state
