with
    tags as (select * from {{ ref("int_event_tags") }}),

    events as ({{ events_to_build("conversation_resolved") }}),
    final as (
        select
            {{
                event_columns(
                    "conversation_resolved", ["events.source", "events.conversation_id", "events.record_id"]
                )
            }},
            events.skill_at as final_skill,
            coalesce(tags.tags, {{ empty_text_list() }}) as tags,
            case
                when
                    events.started_position < events.position
                    and not coalesce(events.started_from_start and events.time_from_start, false)
                then {{ seconds_between("events.started_at", "events.occurred_at") }}
            end as resolution_seconds
        from {{ tags_so_far("events", "tags") }}
    )

select *
from final
