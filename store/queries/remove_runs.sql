DELETE FROM metric_log     WHERE run_id IN (SELECT unnest($run_ids::INTEGER[]));
DELETE FROM checkpoint_log WHERE run_id IN (SELECT unnest($run_ids::INTEGER[]));
DELETE FROM request_log    WHERE run_id IN (SELECT unnest($run_ids::INTEGER[]));
DELETE FROM run_event_log  WHERE run_id IN (SELECT unnest($run_ids::INTEGER[]));
DELETE FROM run_tag        WHERE run_id IN (SELECT unnest($run_ids::INTEGER[]));
DELETE FROM run_note       WHERE run_id IN (SELECT unnest($run_ids::INTEGER[]));
DELETE FROM run_config     WHERE run_id IN (SELECT unnest($run_ids::INTEGER[]));
