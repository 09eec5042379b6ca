SELECT task, train_size AS D, seeds, width_before AS d_before, validation_before AS before,
       width AS d_dip, validation_accuracy AS dip, width_after AS d_after, validation_after AS after,
       dip_depth AS depth, low, high, dips
FROM double_descent WHERE sweep_id = $sweep_id ORDER BY task, train_size;
