SELECT run_id FROM run_config WHERE run_id = ?
