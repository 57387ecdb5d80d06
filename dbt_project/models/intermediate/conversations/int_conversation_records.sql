{{
    config(
        materialized="incremental",
        incremental_strategy="rebuild",
        on_schema_change="fail",
        meta={"rebuilds": "int_conversations_with_new_records"},
    )
}}

{% set is_by_customer %} record_type = 'message' and actor = 'customer' {% endset %}
{# Whether a record is a message by the customer, false for a status, null for all others: its latest value before a record
   says whether the customer has written since the last status. #}
{% set is_message_not_status %}
case when status is not null then false when {{ is_by_customer }} then true end
{% endset %}
{# The order of a conversation's records (spec §3.1), from its end; texts compare by code point. #}
{% set last_record_first %}
occurred_at desc, sequence desc, {{ code_points("record_id") }} desc, record_id desc
{% endset %}

with
    records as (
        select *
        from {{ ref("int_log_records") }}
        where {{ of_conversations_in(ref("int_conversations_with_new_records")) }}
    ),

    -- all that looks along a conversation is one window over it, so that the records are sorted once
    -- it looks back from the end, as the first value of a frame is found at once and the last one after a search
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
            count(*) over up_to_it as position,
            skill,
            nullif(channel, 'unknown') as known_channel,
            count(case when skill is not null then 1 end) over up_to_it as skills_so_far,
            {{ first_known("nullif(channel, 'unknown')") }} over up_to_it as known_channel_so_far,
            count(case when {{ is_by_customer }} then 1 end) over up_to_it as customer_messages_so_far,
            {{ first_known("status") }} over before_it as previous_status,
            {{ first_known(is_message_not_status) }} over before_it as customer_wrote_since_status
        from records
        window
            up_to_it as (
                partition by source, conversation_id
                order by {{ last_record_first }}
                rows between current row and unbounded following
            ),
            before_it as (
                partition by source, conversation_id
                order by {{ last_record_first }}
                rows between 1 following and unbounded following
            )
    ),

    reopened as (
        select
            *,
            coalesce(
                status is not null and previous_status in ('resolved', 'closed') and customer_wrote_since_status, false
            ) as is_first_status_since_reopened
        from ordered
    ),

    states as (
        select
            * except (previous_status, customer_wrote_since_status),
            case
                when status is null
                then null
                when previous_status is null or is_first_status_since_reopened
                then 'open'
                else previous_status
            end as state_before
        from reopened
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
