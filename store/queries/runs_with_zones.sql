-- Runs with their milestones and zone, for grids and tables: all from one pass over the curves.
SELECT sweep.name AS sweep, coalesce(tags, []) AS tags, coalesce(run_note.note, '') AS note,
       CASE state WHEN 'finished' THEN 1.0 ELSE least(1.0, step / steps) END AS progress,
       run_dynamics.*
FROM run_dynamics
JOIN sweep USING (sweep_id)
LEFT JOIN (SELECT run_id, list(tag ORDER BY tag) AS tags FROM run_tag GROUP BY run_id) USING (run_id)
LEFT JOIN run_note USING (run_id)
WHERE run_id IN (SELECT unnest(?::INTEGER[]))
ORDER BY run_id
