-- Last values, milestones and zones of some runs: one pass over their curves.
SELECT run_id, step, seconds,
       train_loss, train_accuracy, validation_loss, validation_accuracy,
       best_validation_accuracy, parameter_norm,
       memorized_at, rose_at, generalized_at, delay, norm_change, zone
FROM run_dynamics
WHERE run_id IN (SELECT unnest(?::INTEGER[]))
