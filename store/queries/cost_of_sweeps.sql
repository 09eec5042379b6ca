-- What some sweeps took: runs, optimizer steps, the span of their events, and where.
SELECT count(DISTINCT run_id) AS runs,
       (SELECT sum(coalesce(step, 0))::BIGINT FROM run_states
        WHERE sweep_id IN (SELECT unnest($sweep_ids::INTEGER[]))) AS steps,
       epoch(max(recorded_at) FILTER (state = 'finished') - min(recorded_at) FILTER (state = 'running')) AS seconds,
       list(DISTINCT worker_log.device) FILTER (worker_log.device IS NOT NULL) AS devices
FROM run_event_log
JOIN run_config USING (run_id)
LEFT JOIN (SELECT DISTINCT worker_id, device FROM worker_log) AS worker_log USING (worker_id)
WHERE sweep_id IN (SELECT unnest($sweep_ids::INTEGER[]));
