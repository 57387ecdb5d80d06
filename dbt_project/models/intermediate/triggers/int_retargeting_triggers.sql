{% set events = [
    "conversation_started",
    "conversation_resolved",
    "conversation_escalated",
    "product_recommendation_received",
] %}

with
    policies as (select * from {{ ref("retargeting_policies") }}),

    events as (
        {%- for event in events %}
            select
                '{{ event }}' as event_name,
                event_id,
                source,
                conversation_id,
                profile_id,
                occurred_at,
                {{ "products" if event == "product_recommendation_received" else empty_text_list() }} as products
            from {{ ref(event) }} {{ "union all" if not loop.last }}
        {%- endfor %}
    ),

    final as (
        select
            policies.*,
            events.event_id,
            events.source,
            events.conversation_id,
            events.profile_id,
            events.products,
            events.occurred_at as triggered_at,
            {{ plus_hours("events.occurred_at", "policies.delay_hours") }} as send_after,
            {{ plus_hours("events.occurred_at", "policies.expires_after_hours") }} as expires_at,
            least(run.as_of, {{ plus_hours("events.occurred_at", "policies.expires_after_hours") }}) as judged_at,
            run.as_of
        from policies
        inner join events on policies.trigger_event = events.event_name
        cross join {{ ref("int_run") }} as run
        where events.occurred_at <= run.as_of
    )

select *
from final
