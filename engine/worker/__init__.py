"""The process that trains ensembles on one device: ``python -m engine.worker``."""
