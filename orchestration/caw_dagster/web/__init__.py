"""Dagster's web server as caw serves it: only for its own pages, under configured names."""
