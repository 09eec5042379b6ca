-- The dips of fig6 below and above the train size at which critical size and capacity cross.
WITH point AS (
    SELECT width, train_size, train_size_low, train_size_high
    FROM crossing
    WHERE critical_sweep_id = {fig6} AND capacity_sweep_id = {fig4}
),
sizes AS (
    SELECT double_descent.train_size, dip_depth, low, high, dips,
           double_descent.train_size < point.train_size AS below,
           point.width AS crossing_width, point.train_size AS crossing_size
    FROM double_descent, point
    WHERE sweep_id = {fig6}
)
SELECT CASE WHEN count(*) FILTER (below) > 0 AND count(*) FILTER (NOT below) > 0 THEN
           bool_or(dips) FILTER (below) AND NOT bool_or(dips) FILTER (NOT below)
       END AS supported,
       any_value(crossing_width) AS crossing_width, any_value(crossing_size) AS crossing_size,
       list(train_size ORDER BY train_size) FILTER (dips) AS sizes_with_dip,
       list(train_size ORDER BY train_size) FILTER (NOT dips) AS sizes_without,
       max(dip_depth) FILTER (below) AS deepest_below,
       arg_max(low, dip_depth) FILTER (below) AS deepest_below_low,
       max(dip_depth) FILTER (NOT below) AS deepest_above,
       arg_max(low, dip_depth) FILTER (NOT below) AS deepest_above_low
FROM sizes;
