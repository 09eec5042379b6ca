INSERT INTO run_tag (run_id, tag)
SELECT run_id, $tag
FROM run_config
WHERE run_id IN (SELECT unnest($run_ids::INTEGER[]))
  AND run_id NOT IN (SELECT run_id FROM run_tag WHERE tag = $tag);
