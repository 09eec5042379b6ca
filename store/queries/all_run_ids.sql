SELECT run_id FROM run_config ORDER BY run_id
