"""Dagster's side: assets, checks, schedules, how dbt is run, and the command line. No rule about data lives here."""
