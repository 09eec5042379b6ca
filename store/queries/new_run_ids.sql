SELECT nextval('run_id_sequence')::INTEGER FROM range(?);
