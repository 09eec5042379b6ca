-- The curves over a sweep's plane of width and training size: where each width is passed.
-- Capacity comes from whatever runs on random labels the store has at the same modulus.
SELECT 'critical size' AS name, width, avg(critical_size) AS train_size
FROM critical_size
WHERE sweep_id = $1 AND critical_size IS NOT NULL
GROUP BY width
UNION ALL
SELECT 'capacity', width, avg(capacity)
FROM capacity
WHERE modulus = (SELECT any_value(modulus) FROM run_config WHERE sweep_id = $1)
GROUP BY width
