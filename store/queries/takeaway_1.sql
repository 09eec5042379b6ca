-- D_crit at the narrowest and at the widest model of fig3, and its slope over doublings of width.
WITH critical AS (
    SELECT width, critical_size, low, high
    FROM critical_size
    WHERE sweep_id = {fig3} AND critical_size IS NOT NULL
),
ends AS (
    SELECT count(*) AS widths,
           arg_min(critical, width) AS narrowest, arg_max(critical, width) AS widest,
           regr_slope(critical_size, log2(width)) AS pairs_per_doubling
    FROM critical
)
SELECT CASE WHEN widths >= 3 THEN
           coalesce(pairs_per_doubling < 0 AND narrowest.low > widest.high, false)
       END AS supported,
       widths, narrowest.width AS narrow_width, narrowest.critical_size AS narrow_size,
       narrowest.low AS narrow_low, narrowest.high AS narrow_high,
       widest.width AS wide_width, widest.critical_size AS wide_size,
       widest.low AS wide_low, widest.high AS wide_high, pairs_per_doubling
FROM ends;
