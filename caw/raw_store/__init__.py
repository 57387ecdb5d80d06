"""The append-only raw store, from which all tables are built, and the history that no log can give back."""
