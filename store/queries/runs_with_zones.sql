-- Runs with their milestones and zone, for grids and tables.
SELECT runs.*, milestones.* EXCLUDE (run_id, sweep_id), zones.zone
FROM runs
JOIN milestones USING (run_id)
JOIN zones USING (run_id)
WHERE runs.run_id IN (SELECT unnest(?::INTEGER[]))
ORDER BY runs.run_id
