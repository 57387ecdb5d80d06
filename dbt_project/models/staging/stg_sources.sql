{{ config(materialized="view") }}

select source, timezone, upper({{ trimmed("currency") }}) as currency, nullif({{ trimmed("channel") }}, '') as channel
from {{ ref("sources") }}
