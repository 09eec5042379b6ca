SELECT run_id, arg_max(wanted, event_id) AS wanted
FROM request_log
JOIN (SELECT unnest($run_ids::INTEGER[]) AS run_id, unnest($attempts::INTEGER[]) AS attempt)
     USING (run_id, attempt)
GROUP BY run_id
HAVING arg_max(wanted, event_id) <> 'continue';
