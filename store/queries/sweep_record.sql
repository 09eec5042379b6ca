SELECT * FROM sweeps WHERE sweep_id = ?
