-- The sweep of an id, or the newest of a name.
SELECT sweep_id, name
FROM sweep
WHERE sweep_id = $1 OR ($1 IS NULL AND name = $2)
ORDER BY sweep_id DESC
LIMIT 1
