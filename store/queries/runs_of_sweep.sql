SELECT run_id FROM run_config WHERE sweep_id = ? ORDER BY run_id
