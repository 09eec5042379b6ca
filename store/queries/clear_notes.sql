DELETE FROM run_note WHERE run_id IN (SELECT unnest($run_ids::INTEGER[]));
