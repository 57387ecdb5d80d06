"""dbt inside a run: the parsed project, what to build, the build, and what Dagster is told of it."""
