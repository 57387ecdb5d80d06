{{ config(materialized=as_view()) }}

select
    source,
    timezone,
    {{ uppered(trimmed("currency")) }} as currency,
    nullif({{ trimmed("channel") }}, '') as channel,
    nullif({{ trimmed("people") }}, '') as people
from {{ ref("sources") }}
