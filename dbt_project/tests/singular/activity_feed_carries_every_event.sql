-- The feed shows each event table's rows, no more and no fewer; gives the tables for which it does not.
with
    shown as (select event_name, count(*) as events from {{ ref("activity_feed") }} group by event_name),

    kept as (
        {%- for table in [
            "conversation_started",
            "conversation_resolved",
            "conversation_escalated",
            "product_recommendation_received",
        ] %}
            select '{{ table }}' as event_name, count(*) as events
            from {{ ref(table) }} {{ "union all" if not loop.last }}
        {%- endfor %}
    )

select event_name, kept.events as events_kept, coalesce(shown.events, 0) as events_shown
from kept
full join shown using (event_name)
where coalesce(kept.events, -1) <> coalesce(shown.events, 0)
