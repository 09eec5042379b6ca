"""What is kept: DuckDB tables and views, the spool, safetensors checkpoints."""
