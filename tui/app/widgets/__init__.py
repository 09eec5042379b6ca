"""Widgets that know nothing of the store: a table, a chart, a list of keys."""
