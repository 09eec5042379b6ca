-- Numbers that change when the configuration, state, tags or notes of any run do. The first is
-- how many runs there are.
SELECT (SELECT count(*) FROM run_config),
       (SELECT max(run_id) FROM run_config),
       (SELECT max(event_id) FROM run_event_log),
       (SELECT max(event_id) FROM request_log),
       (SELECT (count(*), sum(hash(run_id, tag))) FROM run_tag),
       (SELECT (count(*), sum(hash(run_id, note))) FROM run_note)
