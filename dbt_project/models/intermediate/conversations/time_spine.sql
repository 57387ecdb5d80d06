{{ config(materialized=as_view()) }}

-- A local day may begin a day before or end a day after the day in UTC.
with
    days as (
        select
            {{ utc_date(minus_days("min(first_record_at)", 1)) }} as first_day,
            {{ utc_date(plus_days("max(last_record_at)", 1)) }} as last_day
        from {{ ref("int_conversations") }}
    ),

    final as (select {{ days_between("first_day", "last_day") }} as date_day from days)

select *
from final
