-- Queries that come with the app. Each begins with a line "-- name: …".

-- name: Zones of each sweep
SELECT sweep, zone, count(*) AS runs
FROM runs JOIN zones USING (run_id)
GROUP BY ALL ORDER BY sweep, zone;

-- name: Phase grid of the newest sweep
SELECT width, train_size, seeds, zone, validation_accuracy, validation_interval
FROM phase_grid
WHERE sweep_id = (SELECT max(sweep_id) FROM sweeps)
ORDER BY width, train_size;

-- name: Double descent: final validation accuracy over width
-- of the newest sweep that has at least three widths
SELECT width, avg(validation_accuracy) AS validation_accuracy, train_size
FROM runs
WHERE state = 'finished' AND sweep_id = (
    SELECT max(sweep_id) FROM (
        SELECT sweep_id FROM runs WHERE state = 'finished'
        GROUP BY sweep_id HAVING count(DISTINCT width) >= 3
    )
)
GROUP BY ALL ORDER BY train_size, width;

-- name: Delay between memorization and generalization
SELECT run_id, width, train_size, seed, memorized_at, generalized_at, delay
FROM runs JOIN milestones USING (run_id)
WHERE generalized_at IS NOT NULL
ORDER BY delay DESC;

-- name: Norm falls in grokking, rises in progression
SELECT zone, count(*) AS runs, avg(norm_change) AS norm_change,
       min(norm_change) AS least, max(norm_change) AS most
FROM milestones JOIN zones USING (run_id)
GROUP BY zone ORDER BY zone;

-- name: Best runs by validation accuracy
SELECT run_id, sweep, width, train_size, seed, best_validation_accuracy, validation_accuracy, step
FROM runs ORDER BY best_validation_accuracy DESC NULLS LAST LIMIT 50;

-- name: Runs that forgot: best far above last
SELECT run_id, sweep, width, train_size, best_validation_accuracy, validation_accuracy,
       best_validation_accuracy - validation_accuracy AS lost
FROM runs
WHERE best_validation_accuracy - validation_accuracy > 0.1
ORDER BY lost DESC;

-- name: Seeds that disagree
SELECT sweep_id, width, train_size, seeds, progression, ungrokking, semi_grokking, grokking,
       comprehension, undecided
FROM phase_grid
WHERE greatest(progression, ungrokking, semi_grokking, grokking, comprehension) < seeds - undecided
ORDER BY ALL;

-- name: Where runs are undecided, and why
SELECT run_id, sweep, state, step, steps, undecided_because
FROM runs JOIN zones USING (run_id)
WHERE zone = 'undecided'
ORDER BY run_id;

-- name: Runs that diverged or failed
SELECT run_id, sweep, state, step, detail, since
FROM runs WHERE state IN ('diverged', 'failed') ORDER BY since DESC;

-- name: One curve of the newest run
SELECT step, train_accuracy, validation_accuracy, parameter_norm
FROM metrics
WHERE run_id = (SELECT max(run_id) FROM metrics)
ORDER BY step;

-- name: Mean validation curve of each width
SELECT step, avg(validation_accuracy) AS validation_accuracy, width
FROM metrics JOIN run_config USING (run_id)
WHERE sweep_id = (SELECT max(sweep_id) FROM sweeps)
GROUP BY ALL ORDER BY width, step;

-- name: Training time and speed of each sweep
SELECT sweep, count(*) AS runs, sum(seconds) AS seconds, sum(step) AS steps,
       sum(step) / sum(seconds) AS steps_per_second
FROM runs GROUP BY sweep ORDER BY seconds DESC NULLS LAST;

-- name: Checkpoints and what they take
SELECT run_id, count(*) AS files, max(step) AS last_step, sum(bytes) AS bytes
FROM checkpoints GROUP BY run_id ORDER BY bytes DESC;

-- name: The thresholds that define milestones and zones
SELECT * FROM threshold;
