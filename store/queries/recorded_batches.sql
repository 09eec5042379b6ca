SELECT name FROM spool_batch;
