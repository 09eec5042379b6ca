-- Last values, milestones and zones of some runs: {ids} is a list of numbers. It stands in each
-- part, because a condition on a join does not reach the metrics inside the other views.
SELECT r.run_id, r.step, r.seconds,
       r.train_loss, r.train_accuracy, r.validation_loss, r.validation_accuracy,
       r.best_validation_accuracy, r.parameter_norm,
       m.memorized_at, m.rose_at, m.generalized_at, m.delay, m.norm_change,
       z.zone
FROM (SELECT * FROM runs WHERE run_id IN ({ids})) r
JOIN (SELECT * FROM milestones WHERE run_id IN ({ids})) m ON m.run_id = r.run_id
JOIN (SELECT * FROM zones WHERE run_id IN ({ids})) z ON z.run_id = r.run_id
