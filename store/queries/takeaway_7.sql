-- The size at which addition is learnt in fig8: alone, and beside memorization. The verdict is by
-- the mean over seeds; beside it the same by the best seed, which is what the paper draws.
-- A size beyond those swept counts as the nearest of them, so the factor is a bound then.
WITH sizes AS (
    SELECT memorization_size, place,
           coalesce(parameters, CASE place WHEN 'above' THEN largest ELSE smallest END) AS parameters,
           coalesce(low, CASE best_place WHEN 'above' THEN largest ELSE smallest END) AS best,
           place <> 'above' AS emerges
    FROM emergence
    WHERE sweep_id = {fig8}
),
compared AS (
    SELECT any_value(parameters) FILTER (memorization_size = 0) AS alone,
           min(parameters) FILTER (memorization_size > 0) AS least_mixed,
           max(parameters) FILTER (memorization_size > 0) AS most_mixed,
           any_value(best) FILTER (memorization_size = 0) AS best_alone,
           min(best) FILTER (memorization_size > 0) AS best_least_mixed,
           max(best) FILTER (memorization_size > 0) AS best_most_mixed,
           count(*) FILTER (memorization_size > 0) AS amounts,
           count(*) FILTER (memorization_size > 0 AND emerges) AS amounts_that_emerge,
           max(memorization_size) AS most_memorized
    FROM sizes
)
SELECT CASE WHEN alone IS NOT NULL AND amounts > 0 THEN
           amounts_that_emerge > 0 AND most_mixed / alone >= 10
       END AS supported,
       alone, least_mixed, most_mixed, least_mixed / alone AS least_factor,
       most_mixed / alone AS most_factor, best_alone,
       best_least_mixed / best_alone AS best_least_factor,
       best_most_mixed / best_alone AS best_most_factor, amounts, amounts_that_emerge, most_memorized
FROM compared;
