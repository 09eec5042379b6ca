-- Everything that is computed from the tables.

-- The state of each run: that of the last event of its last attempt.
CREATE OR REPLACE VIEW run_state AS
WITH last_event AS (
    SELECT run_id, max(attempt) AS attempt,
           arg_max({state: state, step: step, worker_id: worker_id, detail: detail, since: recorded_at},
                   (attempt, event_id)) AS event
    FROM run_event_log
    GROUP BY run_id
),
last_request AS (
    SELECT run_id, attempt, arg_max(wanted, event_id) AS wanted
    FROM request_log
    GROUP BY run_id, attempt
)
SELECT run_id, attempt, event.state, event.step,
       CASE event.state WHEN 'running' THEN event.worker_id END AS worker_id,
       event.detail, event.since,
       CASE event.state WHEN 'running' THEN nullif(wanted, 'continue') END AS pending
FROM last_event
LEFT JOIN last_request USING (run_id, attempt);
