UPDATE store_info SET schema_version = $schema, views_digest = $views;
