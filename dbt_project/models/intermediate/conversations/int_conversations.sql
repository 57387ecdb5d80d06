{{
    config(
        materialized="incremental",
        incremental_strategy="rebuild",
        on_schema_change="fail",
        meta={"rebuilds": "int_conversations_with_new_records"},
    )
}}

{# Messages by the agent after the start, which is the first message by the customer. #}
{% set is_reply %} record_type = 'message' and actor = 'agent' and customer_messages_so_far > 0 {% endset %}

with
    conversations as (
        select
            source,
            conversation_id,
            {{ value_at_least("known_channel", "position") }} as first_known_channel,
            {{ value_at_least("skill", "position") }} as first_skill,
            {{ value_at_greatest("skill", "position") }} as last_skill,
            {{ any_true("mode = 'preview'") }} as is_preview,
            min(occurred_at) as first_record_at,
            max(occurred_at) as last_record_at,
            min(case when event_name = 'conversation_started' then occurred_at end) as started_at,
            min(case when event_name = 'conversation_started' then position end) as started_position,
            {{ any_true("event_name = 'conversation_started' and time_from_start") }} as started_from_start,
            min(case when {{ is_reply }} then occurred_at end) as first_reply_at,
            {{ value_at_least("case when " ~ is_reply ~ " then time_from_start end", "position") }}
            as first_reply_from_start,
            count(*) filter (where record_type = 'message' and actor = 'customer') as customer_messages,
            count(*) filter (where record_type = 'message' and actor = 'agent') as agent_messages,
            count(*) filter (where record_type = 'message' and actor = 'human') as human_messages,
            count(*) filter (where event_name = 'product_recommendation_received') as recommendations,
            count(*) filter (where record_type = 'link_clicked') as link_clicks,
            count(*) filter (where record_type = 'added_to_cart') as add_to_carts,
            {{ value_at_greatest("status", "position") }} as last_status,
            {{ value_at_greatest("case when status is not null then customer_messages_so_far end", "position") }}
            as customer_messages_at_last_status,
            count(*) filter (where is_first_status_since_reopened) as reopened_before_last_status,
            min(case when event_name = 'conversation_resolved' then position end) as resolved_position,
            {{ value_at_least("case when event_name = 'conversation_resolved' then occurred_at end", "position") }}
            as resolved_at,
            {{ value_at_least("case when event_name = 'conversation_resolved' then time_from_start end", "position") }}
            as resolved_from_start,
            min(case when event_name = 'conversation_escalated' then position end) as escalated_position,
            {{ value_at_least("case when event_name = 'conversation_escalated' then occurred_at end", "position") }}
            as escalated_at,
            {{ value_at_least("case when event_name = 'conversation_escalated' then record_id end", "position") }}
            as escalated_record_id,
            count(*) filter (where event_name = 'conversation_escalated') as escalations,
            count(event_name) as events,
            max(batch_id) as batch_id
        from {{ ref("int_conversation_records") }}
        where {{ of_conversations_in(ref("int_conversations_with_new_records")) }}
        group by source, conversation_id
    ),

    all_tags as ({{ distinct_tags(of_conversations_in(ref("int_conversations_with_new_records"))) }}),

    tags as (
        select
            source,
            conversation_id,
            {{ sorted_list(list_agg("tag") ~ " filter (where is_kept)") }} as tags,
            count(*) filter (where not is_kept) as tags_left_out
        from all_tags
        group by source, conversation_id
    ),

    sources as (select source, channel as default_channel from {{ ref("stg_sources") }}),

    final as (
        select
            conversations.* except (first_known_channel),
            coalesce(conversations.first_known_channel, sources.default_channel) as first_channel,
            coalesce(tags.tags, {{ empty_text_list() }}) as tags,
            coalesce(tags.tags_left_out, 0) as tags_left_out
        from conversations
        left join tags using (source, conversation_id)
        left join sources using (source)
    )

select *
from final
