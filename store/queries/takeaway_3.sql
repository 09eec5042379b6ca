-- How many runs of fig6 have the zone that the two curves (fig6's own, and fig4's) predict.
WITH decided AS (
    SELECT sum(seeds - undecided) AS runs, sum(as_predicted) AS as_predicted,
           sum(progression) AS progression, sum(ungrokking) AS ungrokking,
           sum(semi_grokking) AS semi_grokking, sum(grokking) AS grokking,
           sum(comprehension) AS comprehension, sum(undecided) AS undecided
    FROM zone_prediction
    WHERE critical_sweep_id = {fig6} AND capacity_sweep_id = {fig4}
)
SELECT CASE WHEN runs >= 12 THEN
           as_predicted / runs >= 0.75
           AND least(progression, ungrokking, semi_grokking, grokking) >= 3
       END AS supported,
       runs, as_predicted, as_predicted / nullif(runs, 0) AS share,
       greatest(progression, ungrokking, semi_grokking, grokking) / nullif(runs, 0) AS share_of_largest,
       progression, ungrokking, semi_grokking, grokking, comprehension, undecided
FROM decided;
