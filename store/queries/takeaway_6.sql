-- The dip of the harder task (fig7) beside that of addition (fig6, or fig7 where it has both) at the
-- same train size and with the same settings.
WITH both_tasks AS (
    SELECT harder.train_size, harder.dip_depth AS harder_depth, plain.dip_depth AS plain_depth,
           harder.width AS harder_width, plain.width AS plain_width,
           harder.seeds AS harder_seeds, plain.seeds AS plain_seeds,
           harder.dip_depth - plain.dip_depth AS difference,
           sqrt((harder.high - harder.low) ** 2 + (plain.high - plain.low) ** 2) / 2 AS half
    FROM double_descent AS harder
    JOIN double_descent AS plain USING (modulus, train_size, memorization_size, depth, heads,
        feed_forward, steps, batch_size, learning_rate, weight_decay)
    WHERE harder.sweep_id = {fig7} AND harder.task <> 'add'
      AND plain.sweep_id IN ({fig6}, {fig7}) AND plain.task = 'add'
),
picked AS (SELECT arg_max(both_tasks, difference) AS clearest, count(*) AS sizes FROM both_tasks)
SELECT CASE WHEN sizes > 0 AND clearest.difference IS NOT NULL THEN clearest.difference - clearest.half > 0 END AS supported,
       clearest.train_size AS train_size, clearest.plain_width AS plain_width, clearest.plain_depth AS plain_depth,
       clearest.harder_width AS harder_width, clearest.harder_depth AS harder_depth,
       clearest.harder_seeds AS harder_seeds, clearest.plain_seeds AS plain_seeds,
       clearest.difference AS difference, clearest.difference - clearest.half AS low, clearest.difference + clearest.half AS high
FROM picked;
