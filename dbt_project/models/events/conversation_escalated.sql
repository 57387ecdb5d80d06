with
    tags as (select * from {{ ref("int_event_tags") }}),

    events as ({{ events_to_build("conversation_escalated") }}),

    tagged as (select events.*, tags.tags from {{ tags_so_far("events", "tags") }}),

    records as (
        select
            source,
            conversation_id,
            record_id,
            escalation_reason,
            erased_category,
            {{ word_form("escalation_reason") }} as reason_form
        from {{ ref("int_log_records") }}
        where status = 'escalated' and {{ of_conversations_in(ref("int_conversations_to_rebuild")) }}
    ),

    final as (
        select
            {{
                event_columns(
                    "conversation_escalated", ["events.source", "events.conversation_id", "events.record_id"]
                )
            }},
            records.escalation_reason,
            coalesce(
                records.erased_category, {{ escalation_category("records.escalation_reason", "records.reason_form") }}
            ) as escalation_category,
            events.skill_at as skill,
            coalesce(events.tags, {{ empty_text_list() }}) as tags
        from tagged as events
        inner join records using (source, conversation_id, record_id)
    )

select *
from final
