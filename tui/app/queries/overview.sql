-- Every run with its configuration and state. Reads no metrics, so that it is quick every second.
SELECT c.* EXCLUDE (created_at, shape, device, memory_bytes), s.name AS sweep,
       st.state, st.attempt, st.step AS event_step, st.worker_id, st.detail, st.since, st.pending,
       t.tags, n.note
FROM run_config c
JOIN sweep s USING (sweep_id)
JOIN run_states st ON st.run_id = c.run_id
LEFT JOIN (SELECT run_id, list(tag ORDER BY tag) AS tags FROM run_tag GROUP BY run_id) t
       ON t.run_id = c.run_id
LEFT JOIN run_note n ON n.run_id = c.run_id
ORDER BY c.run_id
