"""dbt inside a run: the parsed project, what to build, the build, and its events for Dagster."""
