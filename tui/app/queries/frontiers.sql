-- The curves over a sweep's plane of width and training size: where each width is passed, with
-- what the runs of it have in common. Capacity comes from whatever models of the same kind the
-- store has that were trained on random labels.
SELECT 'critical size' AS name, width, critical_size AS train_size,
       task, modulus, memorization_size, depth, heads, feed_forward, steps, batch_size,
       learning_rate, weight_decay
FROM critical_size
WHERE sweep_id = $1 AND critical_size IS NOT NULL
UNION ALL BY NAME
SELECT 'capacity' AS name, width, avg(capacity) AS train_size,
       modulus, depth, heads, feed_forward, batch_size, learning_rate, weight_decay
FROM capacity
SEMI JOIN (
    SELECT modulus, width, depth, heads, feed_forward, batch_size, learning_rate, weight_decay
    FROM run_config
    WHERE sweep_id = $1
) USING (modulus, width, depth, heads, feed_forward, batch_size, learning_rate, weight_decay)
GROUP BY ALL
