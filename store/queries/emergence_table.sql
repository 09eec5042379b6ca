SELECT memorization_size AS memorized, feed_forward, seeds, low AS best_seed, parameters AS mean_of_seeds,
       high AS worst_seed, generalized_parameters, place, best_place
FROM emergence WHERE sweep_id = $sweep_id ORDER BY memorization_size, feed_forward;
