SET allowed_directories = ['{exports}'];
SET enable_external_access = false;
SET python_enable_replacements = false;
SET lock_configuration = true;
