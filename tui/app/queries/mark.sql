-- The number of the last metric row.
SELECT coalesce(max(rowid), -1) FROM metric_log
