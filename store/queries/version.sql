SELECT schema_version, views_digest FROM store_info;
