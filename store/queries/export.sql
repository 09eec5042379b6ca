-- The rows of one view (out of a fixed list) for one sweep.
SELECT {table}.*
FROM {table}
WHERE run_id IN (SELECT run_id FROM run_config WHERE sweep_id = {sweep_id})
