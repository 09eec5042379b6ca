-- Everything that is computed from the tables: the definitions of state, milestone, zone and
-- phase grid. The app, the commands and notebooks all select from here. To define a zone in
-- another way, change a threshold, or write a query of your own beside these. What each column
-- means is said in meanings.sql, and by SELECT * FROM column_meaning.
--
-- Two rules keep them quick at 20 million metric rows:
--   * metric rows are scanned once: milestones, last and best values come from one aggregation;
--   * nothing stands between a condition on run_id and the table, so one run reads its rows only.

-- ── runs ─────────────────────────────────────────────────────────────────────────────────────

-- The state of each run, that of the last event of its last attempt. Reads no metrics.
CREATE OR REPLACE VIEW run_states AS
WITH last_event AS (
    SELECT run_id, max(attempt) AS attempt,
           arg_max({state: state, step: step, worker_id: worker_id, detail: detail, since: recorded_at},
                   (attempt, event_id)) AS event
    FROM run_event_log
    GROUP BY run_id
),
last_request AS (
    SELECT run_id, attempt, arg_max(wanted, event_id) AS wanted
    FROM request_log
    GROUP BY run_id, attempt
)
SELECT run_id, sweep_id, attempt, event.state AS state, event.step AS step, steps,
       CASE event.state WHEN 'running' THEN event.worker_id END AS worker_id,
       event.detail AS detail, event.since AS since,
       CASE event.state WHEN 'running' THEN nullif(wanted, 'continue') END AS pending
FROM run_config
JOIN last_event USING (run_id)
LEFT JOIN last_request USING (run_id, attempt);

-- ── curves ───────────────────────────────────────────────────────────────────────────────────

-- The curve of each run. A resumed run repeats steps: of each step the last attempt counts. Only
-- rows of second and later attempts can hide others, and they are few. (With NOT EXISTS instead of
-- the outer join, what a query wants of runs is not pushed down to the scan: 100 ms, not 2.)
CREATE OR REPLACE VIEW metrics AS
SELECT shown.*
FROM metric_log AS shown
LEFT JOIN (
    SELECT run_id, step, max(attempt) AS last_attempt
    FROM metric_log
    WHERE attempt > 1
    GROUP BY run_id, step
) AS repeated ON repeated.run_id = shown.run_id AND repeated.step = shown.step
WHERE last_attempt IS NULL OR attempt = last_attempt;

-- One pass over each curve: last and best values, and the first steps across the thresholds.
CREATE OR REPLACE VIEW curve_summary AS
WITH limits AS (
    SELECT any_value(value) FILTER (name = 'memorized')   AS memorized_limit,
           any_value(value) FILTER (name = 'rose')        AS rose_limit,
           any_value(value) FILTER (name = 'generalized') AS generalized_limit
    FROM threshold
)
SELECT run_id,
       max(metrics.step) AS last_step,
       arg_max(metrics.seconds, metrics.step)         AS seconds,
       arg_max(train_loss, metrics.step)              AS train_loss,
       arg_max(train_accuracy, metrics.step)          AS train_accuracy,
       arg_max(validation_loss, metrics.step)         AS validation_loss,
       arg_max(validation_accuracy, metrics.step)     AS validation_accuracy,
       arg_max(task_accuracy, metrics.step)           AS task_accuracy,
       arg_max(memorization_accuracy, metrics.step)   AS memorization_accuracy,
       arg_max(parameter_norm, metrics.step)          AS parameter_norm,
       arg_max(gradient_norm, metrics.step)           AS gradient_norm,
       arg_max(saturated_share, metrics.step)         AS saturated_share,
       -- NaN is larger than every number to the engine, so it must be kept out by an upper limit
       max(train_accuracy) FILTER (train_accuracy <= 1)           AS best_train_accuracy,
       max(validation_accuracy) FILTER (validation_accuracy <= 1) AS best_validation_accuracy,
       min(metrics.step) FILTER (train_accuracy BETWEEN memorized_limit AND 1) AS memorized_at,
       min(metrics.step) FILTER (validation_accuracy BETWEEN chance + rose_limit AND 1) AS rose_at,
       min(metrics.step) FILTER (validation_accuracy BETWEEN generalized_limit AND 1) AS generalized_at,
       arg_min(parameter_norm, metrics.step)
           FILTER (train_accuracy BETWEEN memorized_limit AND 1) AS norm_at_memorized,
       arg_min(parameter_norm, metrics.step)
           FILTER (validation_accuracy BETWEEN chance + rose_limit AND 1) AS norm_at_rose,
       arg_min(parameter_norm, metrics.step)
           FILTER (validation_accuracy BETWEEN generalized_limit AND 1) AS norm_at_generalized,
       -- for "is it still moving": where validation was when the last tenth of the budget began
       arg_max(validation_accuracy, metrics.step) FILTER (metrics.step <= 0.9 * steps) AS validation_before
-- an empty row for each run, so that those without a curve are there and no outer join is needed
FROM (SELECT * FROM metrics UNION ALL BY NAME SELECT run_id FROM run_config) AS metrics
JOIN run_config USING (run_id), limits
GROUP BY run_id;

-- All that is computed of a run, in one place: its state, milestones and zone. The views below
-- show parts of it; what a query does not ask for is not computed.
--
-- Zones follow the study (Huang et al. 2024, arXiv 2402.15175). The conditions in their order:
--   undecided      it has not ended; or it ended short of its budget without having generalized;
--                  or it still moved at the end of its budget; or it has no validation pairs
--   progression    it never memorized
--   ungrokking     it memorized, and ends within 'rose' of chance
--   grokking       it memorized, and generalized at 'delay' times that step or later
--   progression    validation rose before it memorized, and the norm rises while it generalizes
--   comprehension  it memorized, and generalized sooner than 'delay' times that step
--   semi-grokking  it memorized, and ends in between
CREATE OR REPLACE VIEW run_dynamics AS
WITH limits AS (
    SELECT any_value(value) FILTER (name = 'rose')   AS rose_limit,
           any_value(value) FILTER (name = 'delay')  AS delay_limit,
           any_value(value) FILTER (name = 'moving') AS moving_limit
    FROM threshold
),
facts AS (
    SELECT run_config.*, run_states.* EXCLUDE (run_id, sweep_id, step, steps),
           curve_summary.* EXCLUDE (run_id, last_step, validation_before),
           -- the event may be newer than the last evaluation, or the other way round
           greatest(coalesce(last_step, 0), coalesce(run_states.step, 0)) AS step,
           generalized_at / nullif(memorized_at, 0) AS delay,
           -- a run that never generalizes in full is followed to the end of its curve
           CASE WHEN generalized_at IS NULL THEN parameter_norm ELSE norm_at_generalized END
               - norm_at_rose AS norm_change,
           run_states.detail = 'settled' AS settled,
           coalesce(validation_accuracy < chance + rose_limit, false) AS at_chance,
           coalesce(generalized_at >= delay_limit * memorized_at, false) AS delayed,
           coalesce(abs(validation_accuracy - validation_before) >= moving_limit, false) AS moving
    FROM run_config
    JOIN run_states ON run_states.run_id = run_config.run_id
    JOIN curve_summary ON curve_summary.run_id = run_config.run_id, limits
),
doubts AS (
    SELECT *,
           CASE WHEN state = 'finished' AND NOT settled THEN steps ELSE step END AS budget,
           CASE WHEN state IN ('queued', 'running', 'paused') THEN 'not ended'
                WHEN state IN ('diverged', 'failed') THEN state
                WHEN validation_accuracy IS NULL THEN 'no validation pairs'
                WHEN settled OR generalized_at IS NOT NULL THEN NULL
                WHEN state = 'stopped' THEN 'stopped before its budget'
                WHEN moving THEN 'still moving at the end of its budget'
           END AS undecided_because
    FROM facts
)
SELECT * EXCLUDE (settled, at_chance, delayed, moving),
       CASE WHEN undecided_because IS NOT NULL THEN 'undecided'
            WHEN memorized_at IS NULL THEN 'progression'
            WHEN at_chance THEN 'ungrokking'
            WHEN delayed THEN 'grokking'
            WHEN rose_at < memorized_at AND coalesce(norm_change > 0, true) THEN 'progression'
            WHEN generalized_at IS NOT NULL THEN 'comprehension'
            ELSE 'semi-grokking'
       END AS zone
FROM doubts;

CREATE OR REPLACE VIEW runs AS
SELECT run_id, sweep_id, sweep.name AS sweep, state, attempt, step, steps,
       CASE state WHEN 'finished' THEN 1.0 ELSE least(1.0, step / steps) END AS progress,
       worker_id, detail, since, pending,
       device, shape, task, modulus, train_size, memorization_size, width, depth, heads,
       feed_forward, seed, batch_size, learning_rate, weight_decay, beta1, beta2, warmup_steps,
       precision, loss_precision, evaluations, stop_when_settled, parameters, memory_bytes,
       operations_per_step, chance,
       seconds, train_loss, train_accuracy, validation_loss, validation_accuracy, task_accuracy,
       memorization_accuracy, parameter_norm, gradient_norm, saturated_share,
       best_train_accuracy, best_validation_accuracy,
       coalesce(tags, []) AS tags, coalesce(run_note.note, '') AS note, run_dynamics.created_at
FROM run_dynamics
JOIN sweep USING (sweep_id)
LEFT JOIN (SELECT run_id, list(tag ORDER BY tag) AS tags FROM run_tag GROUP BY run_id) USING (run_id)
LEFT JOIN run_note USING (run_id);

CREATE OR REPLACE VIEW sweeps AS
SELECT sweep.sweep_id, sweep.name,
       count(run_id) AS runs,
       count(run_id) FILTER (state = 'queued')   AS queued,
       count(run_id) FILTER (state = 'running')  AS running,
       count(run_id) FILTER (state = 'paused')   AS paused,
       count(run_id) FILTER (state = 'finished') AS finished,
       count(run_id) FILTER (state = 'stopped')  AS stopped,
       count(run_id) FILTER (state IN ('diverged', 'failed')) AS failed,
       sweep.note, sweep.created_at, sweep.specification
FROM sweep
LEFT JOIN run_states USING (sweep_id)
GROUP BY ALL;

CREATE OR REPLACE VIEW checkpoints AS
SELECT run_id, attempt, step, path, max(bytes) AS bytes,
       string_agg(DISTINCT reason, ', ' ORDER BY reason) AS reason,
       max(seconds) AS seconds, min(recorded_at) AS recorded_at
FROM checkpoint_log
GROUP BY run_id, attempt, step, path
HAVING NOT bool_or(reason = 'removed');

CREATE OR REPLACE VIEW workers AS
SELECT * FROM worker_log
WHERE (worker_id, rowid) IN (SELECT (worker_id, max(rowid)) FROM worker_log GROUP BY worker_id);

-- ── dynamics ─────────────────────────────────────────────────────────────────────────────────

CREATE OR REPLACE VIEW milestones AS
SELECT run_id, sweep_id, memorized_at, rose_at, generalized_at, delay,
       norm_at_memorized, norm_at_rose, norm_at_generalized, norm_change
FROM run_dynamics;

CREATE OR REPLACE VIEW zones AS
SELECT run_id, sweep_id, zone, budget, undecided_because
FROM run_dynamics;

-- The quantiles of Student's t distribution for a two-sided 95 % interval, by degrees of freedom.
CREATE OR REPLACE VIEW student_t AS
SELECT * FROM (VALUES
    (1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (5, 2.571), (6, 2.447), (7, 2.365), (8, 2.306),
    (9, 2.262), (10, 2.228), (11, 2.201), (12, 2.179), (13, 2.160), (14, 2.145), (15, 2.131),
    (16, 2.120), (17, 2.110), (18, 2.101), (19, 2.093), (20, 2.086), (21, 2.080), (22, 2.074),
    (23, 2.069), (24, 2.064), (25, 2.060), (26, 2.056), (27, 2.052), (28, 2.048), (29, 2.045),
    (30, 2.042)
) AS t (freedom, quantile);

-- A cell is made of the runs of a sweep that differ in nothing but their seed.
CREATE OR REPLACE VIEW phase_grid AS
WITH cell AS (
    SELECT sweep_id, task, modulus, memorization_size, train_size, width, depth, heads,
           feed_forward, steps, batch_size, learning_rate, weight_decay, beta1, beta2,
           warmup_steps, precision, loss_precision,
           any_value(parameters) AS parameters,
           count(*) AS seeds,
           count(*) FILTER (zone = 'progression')   AS progression,
           count(*) FILTER (zone = 'ungrokking')    AS ungrokking,
           count(*) FILTER (zone = 'semi-grokking') AS semi_grokking,
           count(*) FILTER (zone = 'grokking')      AS grokking,
           count(*) FILTER (zone = 'comprehension') AS comprehension,
           count(*) FILTER (zone = 'undecided')     AS undecided,
           count(validation_accuracy) AS curves,
           avg(validation_accuracy) AS validation_mean,
           stddev_samp(validation_accuracy) AS validation_spread,
           count(train_accuracy) AS train_curves,
           avg(train_accuracy) AS train_mean,
           stddev_samp(train_accuracy) AS train_spread,
           avg(memorized_at) AS memorized_at_mean,
           avg(rose_at) AS rose_at_mean,
           avg(generalized_at) AS generalized_at_mean,
           avg(norm_change) AS norm_change_mean,
           list(run_id ORDER BY seed, run_id) AS run_ids
    FROM run_dynamics
    GROUP BY ALL
)
SELECT sweep_id, task, modulus, memorization_size, train_size, width, depth, heads, feed_forward,
       steps, batch_size, learning_rate, weight_decay, beta1, beta2, warmup_steps, precision,
       loss_precision, parameters, seeds,
       progression, ungrokking, semi_grokking, grokking, comprehension, undecided,
       CASE greatest(progression, ungrokking, semi_grokking, grokking, comprehension)
            WHEN 0 THEN 'undecided'
            WHEN progression THEN 'progression'
            WHEN ungrokking THEN 'ungrokking'
            WHEN semi_grokking THEN 'semi-grokking'
            WHEN grokking THEN 'grokking'
            ELSE 'comprehension'
       END AS zone,
       validation_mean AS validation_accuracy,
       coalesce(of_validation.quantile, 1.96) * validation_spread / sqrt(curves) AS validation_interval,
       train_mean AS train_accuracy,
       coalesce(of_train.quantile, 1.96) * train_spread / sqrt(train_curves) AS train_interval,
       memorized_at_mean AS memorized_at, rose_at_mean AS rose_at,
       generalized_at_mean AS generalized_at, norm_change_mean AS norm_change, run_ids
FROM cell
LEFT JOIN student_t AS of_validation ON of_validation.freedom = curves - 1
LEFT JOIN student_t AS of_train ON of_train.freedom = train_curves - 1;

-- ── meaning ──────────────────────────────────────────────────────────────────────────────────

CREATE OR REPLACE VIEW column_meaning AS
SELECT table_name AS view, column_name AS "column", data_type AS type, comment AS meaning
FROM duckdb_columns()
WHERE comment IS NOT NULL AND NOT internal AND database_name = current_database()
ORDER BY table_name, column_index;
