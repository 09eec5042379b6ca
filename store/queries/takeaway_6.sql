-- The dip of the harder task (fig7) beside that of addition (fig6) at the same train size.
WITH both_tasks AS (
    SELECT harder.train_size, harder.dip_depth AS harder_depth, plain.dip_depth AS plain_depth,
           harder.width AS harder_width, plain.width AS plain_width,
           harder.dip_depth - plain.dip_depth AS difference,
           sqrt((harder.high - harder.low) ** 2 + (plain.high - plain.low) ** 2) / 2 AS half
    FROM double_descent AS harder
    JOIN double_descent AS plain USING (train_size)
    WHERE harder.sweep_id = {fig7} AND plain.sweep_id = {fig6}
),
picked AS (SELECT arg_max(both_tasks, difference) AS clearest, count(*) AS sizes FROM both_tasks)
SELECT CASE WHEN sizes > 0 AND clearest.difference IS NOT NULL THEN clearest.difference - clearest.half > 0 END AS supported,
       clearest.train_size AS train_size, clearest.plain_width AS plain_width, clearest.plain_depth AS plain_depth,
       clearest.harder_width AS harder_width, clearest.harder_depth AS harder_depth,
       clearest.difference AS difference, clearest.difference - clearest.half AS low, clearest.difference + clearest.half AS high
FROM picked;
