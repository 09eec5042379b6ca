"""The six views: what is in sight, and what each action means there."""
