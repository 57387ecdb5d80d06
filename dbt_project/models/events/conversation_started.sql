with
    events as ({{ events_to_build("conversation_started") }}),

    conversations as (select source, conversation_id, first_skill from {{ ref("int_conversations") }}),

    records as (
        select source, conversation_id, record_id, text
        from {{ ref("int_log_records") }}
        where
            record_type = 'message'
            and actor = 'customer'
            and {{ of_conversations_in(ref("int_conversations_to_rebuild")) }}
    ),

    final as (
        select
            {{ event_columns("conversation_started", ["events.source", "events.conversation_id"]) }},
            conversations.first_skill as initial_skill,
            records.text as first_message
        from events
        inner join records using (source, conversation_id, record_id)
        inner join conversations using (source, conversation_id)
    )

select *
from final
