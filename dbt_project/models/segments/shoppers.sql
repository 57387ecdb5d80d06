{% set channels = ["email", "sms", "whatsapp", "push"] %}

with
    people as (select source, profile_id from {{ ref("int_people") }}),

    settings as (select source, currency from {{ ref("performance_sources") }}),

    conversations as (
        select
            source,
            profile_id,
            min(started_at) as first_conversation_at,
            max(started_at) as last_conversation_at,
            count(*) as conversations,
            {{ value_at_greatest("outcome", record_of(["started_at", "conversation_id"])) }} as last_outcome
        from {{ ref("conversations") }}
        where profile_id is not null and started_at <= {{ as_of() }}
        group by source, profile_id
    ),

    recommendations as (
        select source, profile_id, count(*) as recommendations
        from {{ ref("product_recommendation_received") }}
        where profile_id is not null and occurred_at <= {{ as_of() }}
        group by source, profile_id
    ),

    escalations as (
        select source, profile_id, count(*) as escalations
        from {{ ref("conversation_escalated") }}
        where profile_id is not null and occurred_at <= {{ as_of() }}
        group by source, profile_id
    ),

    orders as (
        select
            orders.source,
            orders.profile_id,
            count(*) as orders,
            {{ summed_money("case when orders.currency = settings.currency then " ~ revenue_of("orders") ~ " end") }}
            as revenue,
            min(orders.placed_at) as first_order_at,
            max(orders.placed_at) as last_order_at
        from {{ ref("int_orders") }} as orders
        left join settings using (source)
        where orders.profile_id is not null and orders.status <> 'cancelled' and orders.placed_at <= {{ as_of() }}
        group by orders.source, orders.profile_id
    ),

    memberships as (
        select source, profile_id, {{ sorted_distinct(list_agg("segment_id")) }} as segments
        from {{ ref("segment_membership") }}
        group by source, profile_id
    ),

    consents as (
        select source, profile_id, {{ sorted_distinct(list_agg("channel")) }} as consented_channels
        from
            (
                {%- for channel in channels %}
                    select source, profile_id, '{{ channel }}' as channel
                    from ({{ has_consent(channel) }}) as {{ channel }}_consents {{ "union all" if not loop.last }}
                {%- endfor %}
            ) as consented
        group by source, profile_id
    ),

    suppressions as (
        select source, profile_id, {{ sorted_distinct(list_agg("channel")) }} as suppressed_channels
        from
            (
                {%- for channel in channels %}
                    select source, profile_id, '{{ channel }}' as channel
                    from ({{ is_suppressed(channel) }}) as {{ channel }}_suppressions {{ "union all" if not loop.last }}
                {%- endfor %}
            ) as suppressed
        group by source, profile_id
    ),

    final as (
        select
            people.source,
            people.profile_id,
            conversations.first_conversation_at,
            conversations.last_conversation_at,
            coalesce(conversations.conversations, 0) as conversations,
            conversations.last_outcome,
            coalesce(recommendations.recommendations, 0) as recommendations,
            coalesce(escalations.escalations, 0) as escalations,
            coalesce(orders.orders, 0) as orders,
            coalesce(settings.currency, 'USD') as currency,
            cast(coalesce(orders.revenue, 0) as decimal(18, 2)) as revenue,
            orders.first_order_at,
            orders.last_order_at,
            coalesce(memberships.segments, {{ empty_text_list() }}) as segments,
            coalesce(consents.consented_channels, {{ empty_text_list() }}) as consented_channels,
            coalesce(suppressions.suppressed_channels, {{ empty_text_list() }}) as suppressed_channels,
            run.as_of
        from people
        cross join {{ ref("int_run") }} as run
        left join settings using (source)
        left join conversations using (source, profile_id)
        left join recommendations using (source, profile_id)
        left join escalations using (source, profile_id)
        left join orders using (source, profile_id)
        left join memberships using (source, profile_id)
        left join consents using (source, profile_id)
        left join suppressions using (source, profile_id)
    )

select *
from final
