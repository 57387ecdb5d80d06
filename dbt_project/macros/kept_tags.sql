{# How many distinct tags a conversation has at most (spec §3.2): a machine that writes a tag per record would
   make each of its events carry all of them. #}
{% macro most_tags() -%} {{ return(100) }} {%- endmacro %}

{# The characters that a conversation's tags may always have, however many of its rows carry them (spec §3.2). #}
{% macro least_carried_of_tags() -%} {{ return(100 * most_tags()) }} {%- endmacro %}

{# Condition: whether an event has the tags of its conversation. #}
{% macro has_tags(event_name) -%} {{ event_name }} in ('conversation_resolved', 'conversation_escalated') {%- endmacro %}

{# Query: one row per distinct tag of a conversation, with the `position` of the record at which it came and whether it
   `is_kept`. Kept are the first in the order, within a record by code point, of those that there is room for. #}
{% macro distinct_tags(condition) -%}
    with
        all_tags as (
            select records.source, records.conversation_id, records.position, {{ trimmed("tagged.element") }} as tag
            from {{ ref("int_conversation_records") }} as records
            cross join lateral {{ unnested("records.tags", "tagged") }}
            where {{ list_size("records.tags") }} > 0 and {{ condition }}
        ),

        first_tags as (
            select source, conversation_id, tag, min(position) as position, {{ code_points("tag") }} as characters
            from all_tags
            group by source, conversation_id, tag
        ),

        carriers as (
            select source, conversation_id, count(*) as events
            from {{ ref("int_conversation_records") }}
            where {{ has_tags("event_name") }} and {{ condition }}
            group by source, conversation_id
        ),

        -- the conversation itself carries them, too
        with_room as (
            select
                first_tags.*,
                {{ room_in_each("(coalesce(carriers.events, 0) + 1)", least_carried_of_tags()) }} as room
            from first_tags
            left join carriers using (source, conversation_id)
        ),

        ranked as (
            select
                *,
                row_number() over (
                    partition by source, conversation_id, characters <= room order by position, tag
                ) as tag_rank,
                sum(characters) over (
                    partition by source, conversation_id, characters <= room
                    order by position, tag
                    rows between unbounded preceding and current row
                ) as characters_so_far
            from with_room
        )

    select
        source,
        conversation_id,
        tag,
        position,
        characters <= room and characters_so_far <= room and tag_rank <= {{ most_tags() }} as is_kept
    from ranked
{%- endmacro %}
