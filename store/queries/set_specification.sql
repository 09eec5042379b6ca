UPDATE sweep SET specification = $specification WHERE sweep_id = $sweep_id RETURNING sweep_id;
