-- The size at which addition is learnt in fig10: dense and split. The verdict is by the mean over
-- seeds; beside it the same by the best seed, which is what the paper draws.
WITH sizes AS (
    SELECT feed_forward, place,
           coalesce(parameters, CASE place WHEN 'above' THEN largest ELSE smallest END) AS parameters,
           coalesce(low, CASE best_place WHEN 'above' THEN largest ELSE smallest END) AS best
    FROM emergence
    WHERE sweep_id = {fig10}
),
compared AS (
    SELECT any_value(parameters) FILTER (feed_forward = 'dense') AS dense,
           any_value(parameters) FILTER (feed_forward = 'split') AS split,
           any_value(best) FILTER (feed_forward = 'dense') AS best_dense,
           any_value(best) FILTER (feed_forward = 'split') AS best_split,
           any_value(place) FILTER (feed_forward = 'dense') AS dense_place,
           any_value(place) FILTER (feed_forward = 'split') AS split_place
    FROM sizes
)
SELECT CASE WHEN dense IS NOT NULL AND split IS NOT NULL THEN
           dense / split >= 2 AND split_place <> 'above'
       END AS supported,
       dense, dense_place, split, split_place, dense / split AS factor,
       best_dense, best_split, best_dense / best_split AS best_factor
FROM compared;
