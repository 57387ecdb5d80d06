select run_id, as_of, by_clock from {{ source("raw", "run") }}
