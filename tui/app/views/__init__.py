"""The five views: what is in sight, and what each action means there."""
