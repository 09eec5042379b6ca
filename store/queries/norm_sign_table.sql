SELECT width AS d, train_size AS D, came_first, runs, rising, falling, norm_change, low, high
FROM norm_sign WHERE sweep_id = $sweep_id ORDER BY width, came_first;
