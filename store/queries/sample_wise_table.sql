SELECT width AS d, seeds, train_size_before AS D_before, validation_before AS before,
       train_size AS D_dip, validation_accuracy AS dip, train_size_after AS D_after,
       validation_after AS after, dip_depth AS depth, low, high, dips
FROM sample_wise_descent WHERE sweep_id = $sweep_id ORDER BY width;
