SELECT * EXCLUDE (created_at) FROM run_config WHERE run_id IN (SELECT unnest($run_ids::INTEGER[]));
