-- The size at which addition is learnt in fig10, by the mean over seeds: dense and split.
WITH sizes AS (
    SELECT feed_forward, place,
           coalesce(parameters, CASE place WHEN 'above' THEN largest ELSE smallest END) AS parameters
    FROM emergence
    WHERE sweep_id = {fig10}
),
compared AS (
    SELECT any_value(parameters) FILTER (feed_forward = 'dense') AS dense,
           any_value(parameters) FILTER (feed_forward = 'split') AS split,
           any_value(place) FILTER (feed_forward = 'dense') AS dense_place,
           any_value(place) FILTER (feed_forward = 'split') AS split_place
    FROM sizes
)
SELECT CASE WHEN dense IS NOT NULL AND split IS NOT NULL THEN
           dense / split >= 2 AND split_place <> 'above'
       END AS supported,
       dense, dense_place, split, split_place, dense / split AS factor
FROM compared;
