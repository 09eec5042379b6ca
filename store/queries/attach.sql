ATTACH '{path}' AS store_file (READ_ONLY);
