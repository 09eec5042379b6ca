-- The slope of D_crit over doublings of width in fig3, by least squares over all seeds and widths.
WITH seeds AS (
    SELECT width, log2(width) AS x,
           coalesce(critical_size, CASE place WHEN 'above' THEN largest_size ELSE smallest_size END) AS y
    FROM critical_size_of_seed
    WHERE sweep_id = {fig3} AND width IN (
        SELECT width FROM critical_size WHERE sweep_id = {fig3} AND critical_size IS NOT NULL
    )
),
fit AS (
    SELECT count(DISTINCT width) AS widths, count(*) AS points, regr_slope(y, x) AS slope,
           -- the residual sum of squares over its degrees of freedom, over that of x
           sqrt(greatest(regr_syy(y, x) - regr_sxy(y, x) ** 2 / regr_sxx(y, x), 0)
                / (count(*) - 2) / regr_sxx(y, x)) AS error
    FROM seeds
    HAVING count(DISTINCT width) >= 2 AND count(*) > 2
),
ends AS (
    SELECT arg_min(critical, width) AS narrowest, arg_max(critical, width) AS widest
    FROM critical_size AS critical
    WHERE sweep_id = {fig3} AND critical_size IS NOT NULL
)
SELECT CASE WHEN widths >= 3 THEN slope + coalesce(quantile, 1.96) * error < 0 END AS supported,
       widths, points, slope AS pairs_per_doubling,
       slope - coalesce(quantile, 1.96) * error AS slope_low,
       slope + coalesce(quantile, 1.96) * error AS slope_high,
       narrowest.width AS narrow_width, narrowest.critical_size AS narrow_size,
       narrowest.low AS narrow_low, narrowest.high AS narrow_high,
       widest.width AS wide_width, widest.critical_size AS wide_size,
       widest.low AS wide_low, widest.high AS wide_high
FROM ends
LEFT JOIN fit ON true
LEFT JOIN student_t ON freedom = points - 2;
