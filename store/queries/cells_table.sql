SELECT width AS d, train_size AS D, seeds, zone, train_accuracy, validation_accuracy, validation_interval,
       memorized_at, generalized_at, norm_change
FROM phase_grid WHERE sweep_id = $sweep_id ORDER BY width, train_size;
