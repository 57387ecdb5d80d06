"""Dagster's instance in the data dir: its folders, its history, and the runs in it."""
