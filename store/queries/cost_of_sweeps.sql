-- What some sweeps took: runs, optimizer steps, the time in which any of their runs was in
-- training (overlapping spans once), and where.
WITH chosen AS (
    SELECT run_id FROM run_config WHERE sweep_id IN (SELECT unnest($sweep_ids::INTEGER[]))
),
spans AS (
    SELECT run_id, attempt, min(recorded_at) FILTER (state = 'running') AS began,
           max(recorded_at) AS ended
    FROM run_event_log
    WHERE run_id IN (SELECT run_id FROM chosen) AND attempt > 0
    GROUP BY run_id, attempt
),
ordered AS (
    SELECT *, max(ended) OVER (ORDER BY began ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM spans
)
SELECT (SELECT count(*) FROM chosen) AS runs,
       (SELECT sum(coalesce(step, 0))::BIGINT FROM run_states WHERE run_id IN (SELECT run_id FROM chosen)) AS steps,
       (SELECT sum(greatest(0, epoch(ended) - epoch(greatest(began, coalesce(before, began))))) FROM ordered) AS seconds,
       (SELECT list(DISTINCT device) FROM worker_log WHERE worker_id IN (
            SELECT worker_id FROM run_event_log WHERE run_id IN (SELECT run_id FROM chosen))) AS devices;
