SELECT * FROM capacity WHERE sweep_id = $sweep_id ORDER BY ALL;
