-- Who holds runs; '' stands for a run that is running and names nobody.
SELECT DISTINCT coalesce(worker_id, '') FROM run_states WHERE state = 'running';
