-- How many runs are in which state.
SELECT state, count(*) AS runs FROM run_states GROUP BY state ORDER BY state
