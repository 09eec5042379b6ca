-- D_mem over width in fig4. Once nearly all pairs are memorized it cannot rise any more.
WITH widths AS (
    SELECT width, capacity, spread, train_size,
           lag(capacity) OVER (ORDER BY width) AS narrower,
           capacity >= 0.99 * train_size AS saturated
    FROM capacity
    WHERE sweep_id = {fig4}
)
SELECT CASE WHEN count(*) >= 3 THEN
           bool_and(narrower IS NULL OR saturated OR capacity > narrower)
           AND max(spread / capacity) <= 0.1
       END AS supported,
       count(*) AS widths, min(width) AS narrow_width, arg_min(capacity, width) AS narrow_capacity,
       max(width) FILTER (NOT saturated) AS wide_width,
       arg_max(capacity, width) FILTER (NOT saturated) AS wide_capacity,
       min(width) FILTER (saturated) AS full_width, max(train_size) AS all_pairs,
       max(spread / capacity) AS largest_spread
FROM widths;
