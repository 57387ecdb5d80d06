"""Landing zone to raw store. Plain Python: nothing in here imports Dagster or dbt."""
