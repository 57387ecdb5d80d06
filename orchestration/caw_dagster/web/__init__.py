"""Dagster's web server as caw serves it: only for pages that it served itself, under names that it was told."""
