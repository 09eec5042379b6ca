-- What was asked of runs after their worker had let go of them, and before that was recorded, is
-- done now: the last request counts. Of other runs the last request is what their worker did.
INSERT INTO run_event_log (run_id, attempt, state, step, detail)
SELECT run_id, attempt, wanted, step, 'as requested'
FROM run_states
JOIN (
    SELECT run_id, attempt,
           CASE arg_max(wanted, event_id)
               WHEN 'stop' THEN 'stopped' WHEN 'pause' THEN 'paused' ELSE 'queued' END AS wanted
    FROM request_log
    JOIN (SELECT unnest($run_ids::INTEGER[]) AS run_id, unnest($attempts::INTEGER[]) AS attempt)
         USING (run_id, attempt)
    GROUP BY run_id, attempt
) USING (run_id, attempt)
WHERE state IN ('queued', 'paused', 'stopped') AND state <> wanted;
