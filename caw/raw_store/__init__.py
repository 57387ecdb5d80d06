"""The append-only raw store: what all tables are built from, and what no log gives back."""
