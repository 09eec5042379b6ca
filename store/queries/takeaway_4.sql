-- The change of the norm while runs of fig9 generalize: the width with most runs of each order.
WITH both_orders AS (
    SELECT arg_max(norm_sign, {{runs: runs, narrow: -width}}) FILTER (came_first = 'rose') AS rose,
           arg_max(norm_sign, {{runs: runs, wide: width}}) FILTER (came_first = 'memorized') AS memorized
    FROM norm_sign
    WHERE sweep_id = {fig9}
)
SELECT CASE WHEN rose.runs >= 2 AND memorized.runs >= 2 THEN
           rose.low > 0 AND memorized.high < 0
       END AS supported,
       rose.width AS rose_width, rose.runs AS rose_runs, rose.rising AS rose_rising,
       rose.norm_change AS rose_change, rose.low AS rose_low, rose.high AS rose_high,
       memorized.width AS memorized_width, memorized.runs AS memorized_runs,
       memorized.falling AS memorized_falling, memorized.norm_change AS memorized_change,
       memorized.low AS memorized_low, memorized.high AS memorized_high
FROM both_orders;
