-- What became of forks: from the last evaluation of the parent before the fork to its own end.
SELECT forks.train_size AS D, forks.seed, forks.parent_run_id AS parent, forks.parent_step AS "from step",
       arg_max(earlier.validation_accuracy, earlier.step) AS "validation before",
       forks.validation_accuracy AS "validation after", forks.step AS "at step"
FROM run_dynamics AS forks
JOIN metrics AS earlier ON earlier.run_id = forks.parent_run_id AND earlier.step <= forks.parent_step
WHERE forks.sweep_id = $sweep_id
GROUP BY ALL
ORDER BY ALL;
