INSERT INTO store_info (schema_version) VALUES (1);
