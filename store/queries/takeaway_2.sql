-- D_mem over width in fig4, and its largest spread over seeds beside the whole rise (which decides)
-- and beside its own value. Once nearly all pairs are memorized it cannot rise any more.
WITH widths AS (
    SELECT width, capacity, spread, train_size,
           lag(capacity) OVER (ORDER BY width) AS narrower,
           capacity >= 0.99 * train_size AS saturated
    FROM capacity
    WHERE sweep_id = {fig4}
),
curve AS (
    SELECT count(*) AS widths,
           bool_and(narrower IS NULL OR saturated OR capacity > narrower) AS rises,
           min(width) AS narrow_width, arg_min(capacity, width) AS narrow_capacity,
           max(width) FILTER (NOT saturated) AS wide_width,
           arg_max(capacity, width) FILTER (NOT saturated) AS wide_capacity,
           min(width) FILTER (saturated) AS full_width, max(train_size) AS all_pairs,
           max(spread) AS largest_spread,
           max(spread) / nullif(max(capacity) - min(capacity), 0) AS share_of_rise,
           max(spread / nullif(capacity, 0)) AS largest_share_of_own
    FROM widths
)
SELECT CASE WHEN widths >= 3 THEN rises AND coalesce(share_of_rise, 1) <= 0.1 END AS supported,
       curve.*
FROM curve;
