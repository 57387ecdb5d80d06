{{
    config(
        materialized="incremental",
        incremental_strategy="rebuild",
        on_schema_change="fail",
        meta={"rebuilds": "int_conversations_delivered"},
    )
}}

{% set is_by_customer = "record_type = 'message' and actor= 'customer'" %}
{% set is_customer_rather_than_status %}
case when status is not null then false when {{ is_by_customer }} then true end
{% endset %}

with
    records as (
        select * from {{ ref("int_log_records") }} where {{ of_conversations_in(ref("int_conversations_delivered")) }}
    ),

    -- all that looks along a conversation is one window over it, so that the records are sorted once
    ordered as (
        select
            source,
            conversation_id,
            record_id,
            batch_id,
            ingested_at,
            occurred_at,
            time_from_start,
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
            count(*) filter (where {{ is_by_customer }}) over so_far as customer_messages_so_far,
            last_value(status ignore nulls) over before as previous_status,
            last_value({{ is_customer_rather_than_status }} ignore nulls) over before as customer_wrote_since_status,
            first_value(status ignore nulls) over after as next_status,
            first_value({{ is_customer_rather_than_status }} ignore nulls) over after as customer_writes_before_status
        from records
        window
            record_order as (partition by source, conversation_id order by {{ record_order() }}),
            so_far as (
                partition by source, conversation_id
                order by {{ record_order() }}
                rows between unbounded preceding and current row
            ),
            before as (
                partition by source, conversation_id
                order by {{ record_order() }}
                rows between unbounded preceding and 1 preceding
            ),
            after as (
                partition by source, conversation_id
                order by {{ record_order() }}
                rows between 1 following and unbounded following
            )
    ),

    states as (
        select
            * exclude (previous_status, next_status, customer_wrote_since_status, customer_writes_before_status),
            case
                when status is null
                then null
                when previous_status is null
                then 'open'
                when previous_status in ('resolved', 'closed') and customer_wrote_since_status
                then 'open'
                else previous_status
            end as state_before,
            coalesce(
                status in ('resolved', 'closed') and next_status is not null and customer_writes_before_status, false
            ) as is_reopened_before_next_status
        from ordered
    ),

    final as (
        select
            *,
            case
                when {{ is_by_customer }} and customer_messages_so_far = 1
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
        from states
    )

select *
from final
