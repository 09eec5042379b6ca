-- Numbers that change when the configuration, state, tags or notes of any run do.
SELECT (SELECT max(event_id) FROM run_event_log),
       (SELECT max(event_id) FROM request_log),
       (SELECT (count(*), max(run_id)) FROM run_config),
       (SELECT (count(*), sum(hash(run_id, tag))) FROM run_tag),
       (SELECT (count(*), sum(hash(run_id, note))) FROM run_note)
