-- The cells of a sweep with the values of the best seed, for the study's figures.
WITH best AS (
    SELECT run_id, validation_accuracy FROM run_dynamics WHERE sweep_id = $sweep_id
)
SELECT phase_grid.* EXCLUDE (run_ids), max(best.validation_accuracy) AS best_validation_accuracy
FROM phase_grid
JOIN best ON list_contains(run_ids, best.run_id)
WHERE sweep_id = $sweep_id
GROUP BY ALL
ORDER BY ALL;
