SELECT sweep_id, specification FROM sweep WHERE name = $name ORDER BY sweep_id DESC;
