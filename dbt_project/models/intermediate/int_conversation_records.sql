{{
    config(
        materialized="incremental",
        incremental_strategy="rebuild",
        on_schema_change="fail",
        meta={"rebuilds": "int_conversations_delivered"},
    )
}}

with
    records as (
        select * from {{ ref("int_log_records") }} where {{ of_conversations_in(ref("int_conversations_delivered")) }}
    ),

    ordered as (
        select
            source,
            conversation_id,
            record_id,
            batch_id,
            ingested_at,
            occurred_at,
            record_type,
            actor,
            status,
            mode,
            tags,
            row_number() over record_order as position,
            skill,
            nullif(channel, 'unknown') as known_channel,
            last_value(skill ignore nulls) over so_far as skill_at,
            last_value(nullif(channel, 'unknown') ignore nulls) over so_far as known_channel_so_far,
            count(*) filter (where record_type = 'message' and actor = 'customer') over so_far
            as customer_messages_so_far
        from records
        window
            record_order as (partition by source, conversation_id order by {{ record_order() }}),
            so_far as (
                partition by source, conversation_id
                order by {{ record_order() }}
                rows between unbounded preceding and current row
            )
    ),

    status_changes as (
        select
            *,
            lag(status) over by_position as previous_status,
            lag(customer_messages_so_far) over by_position as customer_messages_at_previous,
            lead(customer_messages_so_far) over by_position as customer_messages_at_next
        from ordered
        where status is not null
        window by_position as (partition by source, conversation_id order by position)
    ),

    states as (
        select
            * exclude (previous_status, customer_messages_at_previous),
            case
                when previous_status is null
                then 'open'
                when
                    previous_status in ('resolved', 'closed')
                    and customer_messages_so_far > customer_messages_at_previous
                then 'open'
                else previous_status
            end as state_before
        from status_changes
    ),

    together as (
        select *
        from states
        union all by name
        select *
        from ordered
        where status is null
    ),

    final as (
        select
            *,
            case
                when record_type = 'message' and actor = 'customer' and customer_messages_so_far = 1
                then 'conversation_started'
                when
                    status = 'resolved'
                    and actor is distinct from 'human'
                    and state_before <> 'resolved'
                    and not (state_before = 'escalated' and actor is distinct from 'agent')
                then 'conversation_resolved'
                when status = 'escalated' and state_before <> 'escalated'
                then 'conversation_escalated'
                when record_type = 'products_recommended' and coalesce(actor, 'agent') = 'agent'
                then 'product_recommendation_received'
            end as event_name
        from together
    )

select *
from final
