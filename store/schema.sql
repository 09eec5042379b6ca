-- The tables of a grok-tui store. Everything that is computed from them is in views.sql.
--
-- Rules that keep the file safe on SIGKILL and quick at 20 million rows:
--   * tables that grow while training runs (…_log) are append-only: no primary key, no unique
--     index, no update, no delete-and-insert;
--   * a process opens the file for one short transaction and closes it again;
--   * what a later attempt repeats is not deleted: views show the last attempt.

-- One row: what wrote this file.
CREATE TABLE store_info (
    schema_version INTEGER NOT NULL,      -- of the tables; raised by files in migrations/
    views_digest   VARCHAR,               -- SHA-256 of the views in force; they are made again when it differs
    created_at     TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- The limits that define milestones and zones. Change a value and every view follows.
CREATE TABLE threshold (
    name    VARCHAR NOT NULL,
    value   DOUBLE  NOT NULL,
    meaning VARCHAR NOT NULL
);

CREATE SEQUENCE sweep_id_sequence;
CREATE SEQUENCE run_id_sequence;
CREATE SEQUENCE event_id_sequence;

-- A named set of runs, made from one specification.
CREATE TABLE sweep (
    sweep_id      INTEGER NOT NULL DEFAULT nextval('sweep_id_sequence'),
    name          VARCHAR NOT NULL,
    specification VARCHAR NOT NULL,       -- the TOML text, complete: it makes the same runs again
    note          VARCHAR NOT NULL DEFAULT '',
    created_at    TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- One model trained on one data set with one seed; fully described by its own row.
CREATE TABLE run_config (
    run_id             INTEGER NOT NULL DEFAULT nextval('run_id_sequence'),
    sweep_id           INTEGER NOT NULL,
    device             VARCHAR NOT NULL,  -- where it may train: 'auto', 'cpu', 'cuda:0', 'mps'
    shape              VARCHAR NOT NULL,  -- runs of equal shape can train in one ensemble
    -- the data
    task               VARCHAR NOT NULL,  -- add, subtract, multiply, divide, square_of_sum, x2_xy_y2, s5, random
    modulus            INTEGER NOT NULL,  -- P: operands and answers are 0 … P-1 (s5: 120 permutations)
    train_size         INTEGER NOT NULL,  -- D: training pairs of the task
    memorization_size  INTEGER NOT NULL,  -- mixture: randomly labelled subtraction pairs, 0 for none
    -- the model
    width              INTEGER NOT NULL,  -- d: the residual stream
    depth              INTEGER NOT NULL,  -- layers
    heads              INTEGER NOT NULL,
    feed_forward       VARCHAR NOT NULL,  -- dense, or split: half of the intermediate width for each task
    -- the training
    seed               INTEGER NOT NULL,  -- of the initial weights, the split and random labels
    steps              INTEGER NOT NULL,  -- the budget
    batch_size         INTEGER NOT NULL,  -- 0: the whole training set
    learning_rate      DOUBLE  NOT NULL,
    weight_decay       DOUBLE  NOT NULL,  -- decoupled (AdamW)
    beta1              DOUBLE  NOT NULL,
    beta2              DOUBLE  NOT NULL,
    warmup_steps       INTEGER NOT NULL,  -- linear
    precision          VARCHAR NOT NULL,  -- of matrix products: float32, tf32, bf16
    loss_precision     VARCHAR NOT NULL,  -- float32 or float64
    evaluations        INTEGER NOT NULL,  -- points of its curve
    stop_when_settled  BOOLEAN NOT NULL,  -- stop early once validation stays perfect
    parameters         BIGINT  NOT NULL,  -- trainable numbers
    memory_bytes       BIGINT  NOT NULL,  -- that it adds to an ensemble in training
    operations_per_step DOUBLE NOT NULL,  -- floating-point operations of one textbook step, forward and backward
    chance             DOUBLE  NOT NULL,  -- validation accuracy of guessing
    -- where it comes from: null for a run that starts at its initial weights
    parent_run_id      INTEGER,           -- a fork: the run whose checkpoint it goes on from
    parent_step        INTEGER,           -- a fork: the step of that checkpoint
    created_at         TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- What happened to a run. Its state is that of the last event of its last attempt.
CREATE TABLE run_event_log (
    event_id  BIGINT  NOT NULL DEFAULT nextval('event_id_sequence'),
    run_id    INTEGER NOT NULL,
    attempt   INTEGER NOT NULL,           -- 0 before the first claim; each claim by a worker adds one
    state     VARCHAR NOT NULL,           -- queued, running, paused, finished, stopped, diverged, failed
    step      INTEGER,                    -- steps done then
    worker_id VARCHAR,                    -- who holds the run while it is running
    detail    VARCHAR NOT NULL DEFAULT '',-- why: 'settled', 'lease lapsed', an error's sentence …
    recorded_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- What people asked of a run that a worker holds. The last row of a run counts.
CREATE TABLE request_log (
    event_id BIGINT  NOT NULL DEFAULT nextval('event_id_sequence'),
    run_id   INTEGER NOT NULL,
    attempt  INTEGER NOT NULL,            -- of the run when it was asked; a later attempt is not meant
    wanted   VARCHAR NOT NULL,            -- stop, pause, continue
    recorded_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- One row for each evaluation of a run, over all pairs.
CREATE TABLE metric_log (
    run_id                INTEGER NOT NULL,
    attempt               INTEGER NOT NULL,
    step                  INTEGER NOT NULL,
    seconds               DOUBLE  NOT NULL, -- training time so far, over all attempts; monotonic clock
    train_loss            DOUBLE,           -- mean cross entropy, nats
    train_accuracy        DOUBLE,           -- 0 … 1
    validation_loss       DOUBLE,           -- null without validation pairs
    validation_accuracy   DOUBLE,
    task_loss             DOUBLE,           -- mixture: the training pairs of the task alone
    task_accuracy         DOUBLE,
    memorization_loss     DOUBLE,           -- mixture: the randomly labelled pairs alone
    memorization_accuracy DOUBLE,
    parameter_norm        DOUBLE,           -- Euclidean, over all parameters
    gradient_norm         DOUBLE,           -- of the training loss at this step
    saturated_share       DOUBLE            -- share of training rows whose softmax probability is exactly 1 in the loss's precision
);

-- One row for each checkpoint file. The row is the commit: a file without a row is garbage.
CREATE TABLE checkpoint_log (
    run_id  INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    step    INTEGER NOT NULL,
    path    VARCHAR NOT NULL,             -- relative to the store folder
    bytes   BIGINT  NOT NULL,
    reason  VARCHAR NOT NULL,             -- interval, memorized, rose, generalized, end, requested, leave, fork, removed
    seconds DOUBLE  NOT NULL,             -- training time so far
    recorded_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- What workers said of themselves, about once a second while they train.
CREATE TABLE worker_log (
    worker_id        VARCHAR NOT NULL,
    host             VARCHAR NOT NULL,
    pid              INTEGER NOT NULL,
    device           VARCHAR NOT NULL,
    state            VARCHAR NOT NULL,    -- started, training, left, failed
    runs             INTEGER NOT NULL,    -- in the ensemble in work
    steps_per_second DOUBLE,              -- summed over its runs
    detail           VARCHAR NOT NULL DEFAULT '',
    recorded_at      TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- The spool batches that are in the tables above. What makes ingest happen exactly once.
CREATE TABLE spool_batch (
    name VARCHAR NOT NULL,
    rows INTEGER NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- Words that people attach to runs.
CREATE TABLE run_tag  (run_id INTEGER NOT NULL, tag VARCHAR NOT NULL);
CREATE TABLE run_note (run_id INTEGER NOT NULL, note VARCHAR NOT NULL);

INSERT INTO threshold VALUES
    ('memorized',   0.99, 'training accuracy from which a run counts as having memorized its training set'),
    ('rose',        0.10, 'validation accuracy above chance from which a run counts as generalizing in part'),
    ('generalized', 0.99, 'validation accuracy from which a run counts as generalizing'),
    ('delay',       2.00, 'generalized step / memorized step from which generalization counts as delayed'),
    ('moving',      0.05, 'change of validation accuracy over the last tenth of the budget from which a run is undecided'),
    ('critical',    0.90, 'final validation accuracy from which a model ends up generalizing: where it is crossed is the critical size'),
    ('emerged',     0.50, 'final validation accuracy of a task from which it counts as emerged'),
    ('dip',         0.10, 'depth of a dip of validation accuracy (over width, training size or time) from which it counts as double descent');
