-- The metric rows that were recorded after a row number: the table only grows, so these are the
-- last ones, and the scan starts there. The limit is on what one look at the store may take.
SELECT rowid AS mark, * FROM metric_log WHERE rowid > $mark LIMIT $most
