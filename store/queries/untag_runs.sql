DELETE FROM run_tag WHERE tag = $tag AND run_id IN (SELECT unnest($run_ids::INTEGER[]));
