UPDATE sweep SET note = $note WHERE sweep_id = $sweep_id;
