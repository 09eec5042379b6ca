-- Of a sweep: the runs whose validation accuracy dips over training time, the deepest dip first,
-- and at any rate the four of the deepest dips. The runs are given as a list: a condition that
-- names a sweep does not always reach the metrics below the window, and then all of them are read.
SELECT run_id AS run, width AS d, train_size AS D, seed, step, validation_before AS before,
       epoch_wise_descent.validation_accuracy AS dip, validation_after AS after, dip_depth AS depth,
       train_before AS training_before, train_accuracy AS training, dips, disturbed,
       count(*) OVER () AS of_runs
FROM epoch_wise_descent
JOIN run_config USING (run_id)
WHERE list_contains($run_ids, epoch_wise_descent.run_id)
QUALIFY dips OR row_number() OVER (ORDER BY dip_depth DESC, run_id) <= 4
ORDER BY depth DESC, run;
