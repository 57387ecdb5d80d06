"""Customer Agent Warehouse: what is done to the data, in plain Python. Nothing in here imports Dagster or dbt."""
