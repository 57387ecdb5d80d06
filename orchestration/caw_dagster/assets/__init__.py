"""The assets: raw (ingestion), warehouse (the dbt project), publication."""
