SELECT width AS d, seeds, critical_size AS D_crit, low, high, beyond, place
FROM critical_size WHERE sweep_id = $sweep_id ORDER BY width;
