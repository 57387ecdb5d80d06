{{ config(materialized=unstored()) }}

select source, timezone, {{ uppered(trimmed("currency")) }} as currency, nullif({{ trimmed("channel") }}, '') as channel
from {{ ref("sources") }}
