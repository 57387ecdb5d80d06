{{ config(materialized="view") }}

select source, timezone, upper({{ trimmed("currency") }}) as currency
from {{ ref("sources") }}
