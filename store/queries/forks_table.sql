-- What became of forks: from the last evaluation of the parent before the fork to its own end.
SELECT run_config.train_size AS D, run_config.seed, parent_run_id AS parent, parent_step AS "from step",
       arg_max(before.validation_accuracy, before.step) AS "validation before",
       any_value(run_dynamics.validation_accuracy) AS "validation after",
       any_value(run_dynamics.step) AS "at step"
FROM run_config
JOIN run_dynamics USING (run_id)
JOIN metrics AS before ON before.run_id = run_config.parent_run_id AND before.step <= run_config.parent_step
WHERE run_config.sweep_id = $sweep_id
GROUP BY ALL
ORDER BY D, run_config.seed;
