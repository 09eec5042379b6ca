-- What was asked of the dead worker is done; its other runs wait for another one.
INSERT INTO run_event_log (run_id, attempt, state, step, detail)
SELECT run_id, attempt,
       CASE pending WHEN 'stop' THEN 'stopped' WHEN 'pause' THEN 'paused' ELSE 'queued' END,
       NULL, 'lease lapsed'
FROM run_states
WHERE state = 'running' AND coalesce(worker_id, '') IN (SELECT unnest($workers::VARCHAR[]))
  AND ($run_ids::INTEGER[] IS NULL OR run_id IN (SELECT unnest($run_ids::INTEGER[])))
ORDER BY run_id
RETURNING run_id;
