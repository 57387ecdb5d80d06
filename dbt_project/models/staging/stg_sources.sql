{{ config(materialized=as_view()) }}

with
    accounts as (select * from {{ ref("sources") }}),

    final as (
        select
            source,
            timezone,
            {{ uppered(trimmed("currency")) }} as currency,
            nullif({{ trimmed("channel") }}, '') as channel,
            nullif({{ trimmed("people") }}, '') as people
        from accounts
    )

select *
from final
