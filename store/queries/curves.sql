-- The curves of some runs, each in order. The caller puts in the expression for x and the names
-- of metrics, both out of fixed lists.
SELECT run_id, {x} AS x{columns}
FROM metrics
JOIN run_config USING (run_id)
WHERE run_id IN (SELECT unnest($run_ids::INTEGER[]))
ORDER BY run_id, step;
