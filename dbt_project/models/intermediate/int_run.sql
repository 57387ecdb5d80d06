{%- do source("raw", "run") -%} select run_id, as_of, by_clock from {{ parquet_rows("state/run.parquet") }}
