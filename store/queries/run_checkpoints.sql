SELECT * FROM checkpoints WHERE run_id = ? ORDER BY step
