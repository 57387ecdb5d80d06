{%- do source("raw", "run") -%} select run_id, as_of from {{ parquet_rows("state/run.parquet") }}
