DELETE FROM spool_batch WHERE name IN (SELECT unnest($names::VARCHAR[]));
