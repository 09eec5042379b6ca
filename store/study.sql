-- The analysis of the study (Huang et al. 2024, arXiv 2402.15175): critical size, capacity, their
-- crossing, double descent, emergence, the sign of the norm's change and early prediction, from
-- views.sql.
--
-- A line is a set of runs of one sweep that differ in the swept quantity alone, or in their seeds
-- too. Where a curve crosses a limit is interpolated between its two neighbouring points, so no run
-- is needed on the crossing itself; what never crosses within the sizes swept is null, not a guess.

-- The index i of the last rise across a limit: ys[i] below it, ys[i + 1] not; null if the end is.
CREATE OR REPLACE MACRO last_rise(ys, height) AS
    CASE WHEN ys[-1] >= height THEN
        list_filter(range(1, len(ys)), lambda i: ys[i] < height AND ys[i + 1] >= height)[-1]
    END;

CREATE OR REPLACE MACRO interpolated(xs, ys, height, i) AS
    xs[i] + (xs[i + 1] - xs[i]) * (height - ys[i]) / (ys[i + 1] - ys[i]);

-- Where a piecewise linear curve rises across a limit for the last time.
CREATE OR REPLACE MACRO rise_at(xs, ys, height) AS interpolated(xs, ys, height, last_rise(ys, height));

-- The value at x of a piecewise linear curve between the points i and i + 1.
CREATE OR REPLACE MACRO value_between(xs, ys, x, i) AS
    ys[i] + (ys[i + 1] - ys[i]) * (x - xs[i]) / (xs[i + 1] - xs[i]);

-- On what length of its axis a piecewise linear curve lies below a limit.
CREATE OR REPLACE MACRO length_below(xs, ys, height) AS
    list_sum(list_transform(range(1, len(xs)), lambda i:
        (xs[i + 1] - xs[i]) * CASE
            WHEN greatest(ys[i], ys[i + 1]) < height THEN 1.0
            WHEN least(ys[i], ys[i + 1]) >= height THEN 0.0
            ELSE (height - least(ys[i], ys[i + 1])) / abs(ys[i + 1] - ys[i])
        END));

-- ── critical size and capacity ───────────────────────────────────────────────────────────────

-- Of each seed: the train size from which on its final validation accuracy is at or above the
-- threshold 'critical'. Smaller training sets are subsets of larger ones, so a seed has one curve.
-- Near its critical size a run generalizes at one size, not at the next, and again at a third: what
-- counts is the length of the sizes at which it does not. For a curve that rises once that is where.
CREATE OR REPLACE VIEW critical_size_of_seed AS
WITH limits AS (
    SELECT any_value(value) FILTER (name = 'critical') AS critical_limit FROM threshold
),
line AS (
    SELECT sweep_id, task, modulus, memorization_size, width, depth, heads, feed_forward,
           parameters, steps, batch_size, learning_rate, weight_decay, seed,
           count(*) AS sizes, min(train_size) AS smallest_size, max(train_size) AS largest_size,
           list(train_size::DOUBLE ORDER BY train_size) AS xs,
           list(validation_accuracy ORDER BY train_size) AS ys
    FROM run_dynamics
    WHERE validation_accuracy IS NOT NULL
    GROUP BY ALL
)
SELECT * EXCLUDE (xs, ys, critical_limit),
       CASE WHEN list_max(ys) < critical_limit THEN 'above'
            WHEN list_min(ys) >= critical_limit THEN 'below'
            ELSE 'within'
       END AS place,
       CASE place WHEN 'within' THEN smallest_size + length_below(xs, ys, critical_limit) END
           AS critical_size
FROM line, limits;

-- D_crit(d): the mean over seeds. A seed whose critical size lies beyond the sizes swept counts as
-- the nearest of them, which is a bound; where this is more than half of the seeds there is none.
CREATE OR REPLACE VIEW critical_size AS
WITH bounded AS (
    SELECT * EXCLUDE (seed, critical_size),
           coalesce(critical_size, CASE place WHEN 'above' THEN largest_size ELSE smallest_size END) AS size
    FROM critical_size_of_seed
),
line AS (
    SELECT * EXCLUDE (size, place, sizes, smallest_size, largest_size),
           count(*) AS seeds, max(sizes) AS sizes,
           min(smallest_size) AS smallest_size, max(largest_size) AS largest_size,
           count(*) FILTER (place = 'above') AS above, count(*) FILTER (place = 'below') AS below,
           avg(size) AS mean, stddev_samp(size) AS spread
    FROM bounded
    GROUP BY ALL
)
SELECT line.* EXCLUDE (above, below, mean, spread),
       above + below AS beyond,
       CASE WHEN 2 * above > seeds THEN 'above' WHEN 2 * below > seeds THEN 'below' ELSE 'within' END AS place,
       CASE place WHEN 'within' THEN mean END AS critical_size,
       critical_size - coalesce(quantile, 1.96) * spread / sqrt(seeds) AS low,
       critical_size + coalesce(quantile, 1.96) * spread / sqrt(seeds) AS high
FROM line
LEFT JOIN student_t ON freedom = seeds - 1;

-- D_mem(d): pairs answered correctly at the end of training on random labels.
CREATE OR REPLACE VIEW capacity AS
WITH cell AS (
    SELECT sweep_id, modulus, train_size, width, depth, heads, feed_forward, parameters, steps,
           batch_size, learning_rate, weight_decay,
           count(train_accuracy) AS seeds,
           avg(train_accuracy * train_size) AS capacity,
           stddev_samp(train_accuracy * train_size) AS spread
    FROM run_dynamics
    WHERE task = 'random'
    GROUP BY ALL
)
SELECT cell.*,
       capacity - coalesce(quantile, 1.96) * spread / sqrt(seeds) AS low,
       capacity + coalesce(quantile, 1.96) * spread / sqrt(seeds) AS high
FROM cell
LEFT JOIN student_t ON freedom = seeds - 1
WHERE seeds > 0;

-- Both curves at the widths that they share. Where the critical size lies beyond the sizes swept,
-- the nearest of these stands for it: its side of the capacity is right, its distance a bound.
CREATE OR REPLACE VIEW frontiers AS
WITH critical AS (
    SELECT * EXCLUDE (critical_size, parameters, seeds),
           CASE place WHEN 'above' THEN largest_size
                      WHEN 'below' THEN smallest_size
                      ELSE critical_size END AS size
    FROM critical_size
    WHERE task <> 'random'
)
SELECT critical.sweep_id AS critical_sweep_id, capacity.sweep_id AS capacity_sweep_id,
       task, modulus, memorization_size, width, depth, heads, critical.feed_forward,
       critical.steps, batch_size, learning_rate, weight_decay, place,
       capacity.capacity, coalesce(capacity.low, capacity.capacity) AS capacity_low,
       coalesce(capacity.high, capacity.capacity) AS capacity_high,
       size AS critical_size, coalesce(critical.low, size) AS critical_low,
       coalesce(critical.high, size) AS critical_high
FROM critical
JOIN capacity USING (modulus, width, depth, heads, batch_size, learning_rate, weight_decay);

-- The width at which capacity overtakes the critical size, interpolated; its interval is where
-- the nearest and the farthest edges of the two bands meet.
CREATE OR REPLACE VIEW crossing AS
WITH line AS (
    SELECT critical_sweep_id, capacity_sweep_id, task, modulus, memorization_size, depth, heads,
           feed_forward, steps, batch_size, learning_rate, weight_decay,
           count(*) AS widths,
           list(width::DOUBLE ORDER BY width) AS xs,
           list(critical_size ORDER BY width) AS critical,
           list(critical_low ORDER BY width) AS critical_low,
           list(critical_high ORDER BY width) AS critical_high,
           list(capacity - critical_size ORDER BY width) AS surplus,
           list(capacity_high - critical_low ORDER BY width) AS most,
           list(capacity_low - critical_high ORDER BY width) AS least
    FROM frontiers
    GROUP BY ALL
),
met AS (
    SELECT *, last_rise(surplus, 0) AS i, rise_at(xs, surplus, 0) AS width FROM line
)
SELECT * EXCLUDE (xs, critical, critical_low, critical_high, surplus, most, least, i, width),
       width, rise_at(xs, most, 0) AS width_low, rise_at(xs, least, 0) AS width_high,
       value_between(xs, critical, width, i) AS train_size,
       value_between(xs, critical_low, width, i) AS train_size_low,
       value_between(xs, critical_high, width, i) AS train_size_high
FROM met;

-- What the two curves predict for each cell of a grid, beside the zones that its runs have.
CREATE OR REPLACE VIEW zone_prediction AS
SELECT critical_sweep_id, capacity_sweep_id, grid.task, grid.modulus, grid.memorization_size,
       grid.depth, grid.width, grid.train_size,
       CASE WHEN train_size > capacity THEN 'progression'
            WHEN train_size < critical_low OR (place = 'above') THEN 'ungrokking'
            WHEN train_size <= critical_high THEN 'semi-grokking'
            ELSE 'grokking'
       END AS predicted,
       grid.zone, seeds, progression, ungrokking, semi_grokking, grokking, comprehension, undecided,
       CASE predicted WHEN 'progression' THEN progression
                      WHEN 'ungrokking' THEN ungrokking
                      WHEN 'semi-grokking' THEN seeds - undecided - progression
                      ELSE grokking + comprehension
       END AS as_predicted
FROM phase_grid AS grid
JOIN frontiers ON critical_sweep_id = grid.sweep_id
    AND frontiers.task = grid.task AND frontiers.modulus = grid.modulus
    AND frontiers.memorization_size = grid.memorization_size AND frontiers.width = grid.width
    AND frontiers.depth = grid.depth AND frontiers.heads = grid.heads
    AND frontiers.feed_forward = grid.feed_forward AND frontiers.steps = grid.steps
    AND frontiers.batch_size = grid.batch_size AND frontiers.learning_rate = grid.learning_rate
    AND frontiers.weight_decay = grid.weight_decay;

-- ── double descent and emergence ─────────────────────────────────────────────────────────────

-- Lines of cells over model size (width) and over training size, and on each the deepest dip of
-- mean final validation accuracy: how far the lower of the best cell before and the best cell
-- after stands above the cell in between.
CREATE OR REPLACE VIEW deepest_dip AS
WITH limits AS (
    SELECT any_value(value) FILTER (name = 'dip') AS dip_limit FROM threshold
),
cell AS (
    SELECT sweep_id, axis, task, modulus, memorization_size, depth, heads, feed_forward,
           steps, batch_size, learning_rate, weight_decay, seeds,
           CASE axis WHEN 'width' THEN train_size ELSE width END AS fixed,
           CASE axis WHEN 'width' THEN width ELSE train_size END AS place,
           {mean: validation_accuracy, half: coalesce(validation_interval, 0), place: place} AS here
    FROM phase_grid, (VALUES ('width'), ('train_size')) AS axes (axis)
    WHERE validation_accuracy IS NOT NULL
),
sides AS (
    SELECT *,
           arg_max(here, here.mean) OVER (line ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before,
           arg_max(here, here.mean) OVER (line ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS after
    FROM cell
    WINDOW line AS (
        PARTITION BY sweep_id, axis, task, modulus, memorization_size, fixed, depth, heads,
                     feed_forward, steps, batch_size, learning_rate, weight_decay
        ORDER BY place
    )
),
dips AS (
    SELECT *, CASE WHEN before.mean <= after.mean THEN before ELSE after END AS side
    FROM sides
),
deepest AS (
    SELECT sweep_id, axis, task, modulus, memorization_size, fixed, depth, heads, feed_forward,
           steps, batch_size, learning_rate, weight_decay,
           max(seeds) AS seeds, count(*) AS places,
           arg_max({here: here, before: before, after: after, side: side},
                   side.mean - here.mean) FILTER (before IS NOT NULL AND after IS NOT NULL) AS dip
    FROM dips
    GROUP BY ALL
)
SELECT * EXCLUDE (dip, dip_limit),
       dip.here.place AS place, dip.here.mean AS validation_accuracy,
       dip.before.place AS place_before, dip.before.mean AS validation_before,
       dip.after.place AS place_after, dip.after.mean AS validation_after,
       dip.side.mean - dip.here.mean AS dip_depth,
       dip_depth - sqrt(dip.side.half ** 2 + dip.here.half ** 2) AS low,
       dip_depth + sqrt(dip.side.half ** 2 + dip.here.half ** 2) AS high,
       coalesce(dip_depth >= dip_limit AND low > 0, false) AS dips
FROM deepest, limits;

-- Over model size, as the study draws it.
CREATE OR REPLACE VIEW double_descent AS
SELECT * EXCLUDE (axis, fixed, places, place, place_before, place_after),
       fixed AS train_size, places AS widths,
       place AS width, place_before AS width_before, place_after AS width_after
FROM deepest_dip
WHERE axis = 'width';

-- Over training size: whether more data makes a model worse (Nakkiran et al. 2020, section 7).
CREATE OR REPLACE VIEW sample_wise_descent AS
SELECT * EXCLUDE (axis, fixed, places, place, place_before, place_after),
       fixed AS width, places AS train_sizes,
       place AS train_size, place_before AS train_size_before, place_after AS train_size_after
FROM deepest_dip
WHERE axis = 'train_size';

-- Over training time: the deepest dip of a run's validation accuracy between two evaluations at
-- which it was higher (Nakkiran et al. 2020, section 6). That is double descent where training goes
-- on improving meanwhile; where training accuracy falls too, the optimizer was disturbed.
CREATE OR REPLACE VIEW epoch_wise_descent AS
WITH limits AS (
    SELECT any_value(value) FILTER (name = 'dip') AS dip_limit,
           any_value(value) FILTER (name = 'memorized') AS memorized_limit
    FROM threshold
),
sides AS (
    SELECT run_id, step, validation_accuracy, train_accuracy,
           max(validation_accuracy) OVER earlier AS before,
           max(train_accuracy) OVER earlier AS train_before,
           max(validation_accuracy) OVER (curve ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS after
    FROM metrics
    WHERE isfinite(validation_accuracy) AND isfinite(train_accuracy)
    WINDOW curve AS (PARTITION BY run_id ORDER BY step),
           earlier AS (PARTITION BY run_id ORDER BY step ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
deepest AS (
    SELECT run_id, max(least(before, after) - validation_accuracy) AS dip_depth,
           arg_max(sides, least(before, after) - validation_accuracy) AS dip
    FROM sides
    WHERE before IS NOT NULL AND after IS NOT NULL
    GROUP BY run_id
)
SELECT run_id, dip.step AS step, dip.validation_accuracy AS validation_accuracy,
       dip.before AS validation_before, dip.after AS validation_after, dip_depth,
       dip.train_accuracy AS train_accuracy, dip.train_before AS train_before,
       coalesce(dip_depth >= dip_limit, false) AS dips,
       coalesce(dip.train_accuracy < dip.train_before - (1 - memorized_limit), false) AS disturbed
FROM deepest, limits;

CREATE OR REPLACE MACRO emergence_place(ys, height) AS
    CASE WHEN last_rise(ys, height) IS NOT NULL THEN 'within'
         WHEN ys[-1] < height THEN 'above'
         ELSE 'below'
    END;

-- The size in parameters from which on the mean over seeds is at or above the threshold 'emerged',
-- interpolated over the logarithm of parameters; low is that of the best seed, which is the one
-- that the study draws, high that of the worst.
CREATE OR REPLACE VIEW emergence AS
WITH limits AS (
    SELECT any_value(value) FILTER (name = 'emerged')     AS emerged_limit,
           any_value(value) FILTER (name = 'generalized') AS generalized_limit
    FROM threshold
),
cell AS (
    SELECT sweep_id, task, modulus, train_size, memorization_size, feed_forward, steps,
           batch_size, learning_rate, weight_decay, parameters,
           count(validation_accuracy) AS seeds,
           max(validation_accuracy) AS best, avg(validation_accuracy) AS mean,
           min(validation_accuracy) AS worst
    FROM run_dynamics
    WHERE validation_accuracy IS NOT NULL
    GROUP BY ALL
),
line AS (
    SELECT sweep_id, task, modulus, train_size, memorization_size, feed_forward, steps,
           batch_size, learning_rate, weight_decay,
           max(seeds) AS seeds, count(*) AS sizes,
           min(parameters) AS smallest, max(parameters) AS largest,
           list(ln(parameters) ORDER BY parameters) AS xs,
           list(best ORDER BY parameters) AS best,
           list(mean ORDER BY parameters) AS means,
           list(worst ORDER BY parameters) AS worst
    FROM cell
    GROUP BY ALL
)
SELECT * EXCLUDE (xs, best, means, worst, emerged_limit, generalized_limit),
       exp(rise_at(xs, best, emerged_limit)) AS low,
       exp(rise_at(xs, means, emerged_limit)) AS parameters,
       exp(rise_at(xs, worst, emerged_limit)) AS high,
       exp(rise_at(xs, best, generalized_limit)) AS generalized_parameters,
       emergence_place(means, emerged_limit) AS place,
       emergence_place(best, emerged_limit) AS best_place
FROM line, limits;

-- ── the parameter norm ───────────────────────────────────────────────────────────────────────

-- How the norm changes while runs generalize, by what came first. The order of events alone
-- decides; the zones also look at the norm, so they cannot be asked.
CREATE OR REPLACE VIEW norm_sign AS
WITH limits AS (
    SELECT any_value(value) FILTER (name = 'delay') AS delay_limit FROM threshold
),
generalizing AS (
    SELECT sweep_id, task, modulus, train_size, memorization_size, width, depth, norm_change,
           CASE WHEN memorized_at IS NULL THEN 'rose'
                WHEN generalized_at >= delay_limit * memorized_at THEN 'memorized'
                WHEN rose_at < memorized_at THEN 'rose'
                ELSE 'memorized'
           END AS came_first
    FROM run_dynamics, limits
    WHERE rose_at IS NOT NULL AND norm_change IS NOT NULL
),
cell AS (
    SELECT * EXCLUDE (norm_change), count(*) AS runs,
           count(*) FILTER (norm_change > 0) AS rising,
           count(*) FILTER (norm_change < 0) AS falling,
           avg(norm_change) AS norm_change, stddev_samp(norm_change) AS spread
    FROM generalizing
    GROUP BY ALL
)
SELECT cell.* EXCLUDE (spread),
       norm_change - coalesce(quantile, 1.96) * spread / sqrt(runs) AS low,
       norm_change + coalesce(quantile, 1.96) * spread / sqrt(runs) AS high
FROM cell
LEFT JOIN student_t ON freedom = runs - 1;

-- ── early prediction ─────────────────────────────────────────────────────────────────────────

-- Each run at two early looks, 5 and 10 % of its budget, if it had not generalized by then: which
-- of the two milestones it had passed. Later looks add nothing to what most runs do.
CREATE OR REPLACE VIEW early_signs AS
SELECT run_id, sweep_id, share_of_budget::DOUBLE AS share_of_budget,
       coalesce(rose_at <= share_of_budget * steps, false) AS rose,
       coalesce(memorized_at <= share_of_budget * steps, false) AS memorized,
       CASE WHEN state = 'finished' THEN generalized_at IS NOT NULL END AS generalized
FROM run_dynamics, (VALUES (0.05), (0.1)) AS looks (share_of_budget)
WHERE step >= share_of_budget * steps
  AND coalesce(generalized_at > share_of_budget * steps, true)
  AND validation_accuracy IS NOT NULL AND task <> 'random' AND parent_run_id IS NULL;

-- How likely a run is to generalize within its budget: the share of those that did among the
-- finished runs of all other sweeps with the same signs, by Laplace's rule of succession.
CREATE OR REPLACE VIEW early_prediction AS
WITH signs AS (
    SELECT * FROM early_signs
),
of_sweep AS (
    SELECT share_of_budget, rose, memorized, sweep_id, count(*) AS runs,
           count(*) FILTER (generalized) AS successes
    FROM signs
    WHERE generalized IS NOT NULL
    GROUP BY ALL
),
of_all AS (
    SELECT share_of_budget, rose, memorized, sum(runs) AS runs, sum(successes) AS successes
    FROM of_sweep
    GROUP BY ALL
)
SELECT signs.run_id, signs.sweep_id, signs.share_of_budget, signs.rose, signs.memorized,
       (coalesce(of_all.runs, 0) - coalesce(of_sweep.runs, 0))::BIGINT AS runs_alike,
       CASE WHEN runs_alike > 0 THEN
           (of_all.successes - coalesce(of_sweep.successes, 0) + 1) / (runs_alike + 2)
       END AS likelihood,
       generalized
FROM signs
LEFT JOIN of_sweep USING (share_of_budget, rose, memorized, sweep_id)
LEFT JOIN of_all USING (share_of_budget, rose, memorized);

-- How often that was right, beside how often one is right who always says the commoner outcome.
CREATE OR REPLACE VIEW early_prediction_quality AS
SELECT share_of_budget, count(*) AS runs, count(DISTINCT sweep_id) AS sweeps,
       avg((generalized = (likelihood > 0.5))::INTEGER) AS hit_rate,
       greatest(avg(generalized::INTEGER), 1 - avg(generalized::INTEGER)) AS base_rate,
       avg((likelihood - generalized::INTEGER) ** 2) AS brier_score,
       avg(generalized::INTEGER) * (1 - avg(generalized::INTEGER)) AS base_brier_score
FROM early_prediction
WHERE generalized IS NOT NULL AND likelihood IS NOT NULL
GROUP BY share_of_budget;
