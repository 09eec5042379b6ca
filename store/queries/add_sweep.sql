INSERT INTO sweep (name, specification) VALUES ($name, $specification) RETURNING sweep_id;
