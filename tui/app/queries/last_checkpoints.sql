-- The newest checkpoint of each of some runs.
SELECT run_id, max(step) AS step
FROM checkpoints
WHERE run_id IN (SELECT unnest(?::INTEGER[]))
GROUP BY run_id
ORDER BY run_id
