-- The checkpoints of some runs (null: of all) that were not removed, latest first. A path is
-- written in one attempt only, so what was removed once stays removed.
SELECT run_id, attempt, step, path, list(reason) AS reasons, max(seconds) AS seconds
FROM checkpoint_log
WHERE $run_ids IS NULL OR run_id IN (SELECT unnest($run_ids::INTEGER[]))
GROUP BY run_id, attempt, step, path
HAVING NOT bool_or(reason = 'removed')
ORDER BY run_id, step DESC, attempt DESC;
