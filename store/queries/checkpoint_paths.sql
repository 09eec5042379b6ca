SELECT DISTINCT path FROM checkpoint_log WHERE run_id IN (SELECT unnest($run_ids::INTEGER[]));
