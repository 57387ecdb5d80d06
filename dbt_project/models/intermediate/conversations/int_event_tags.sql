{{ config(materialized="ephemeral") }}

{%- set concerned -%}
(source, conversation_id) in (select source, conversation_id from {{ ref("int_events") }} where {{ has_tags("event_name") }})
{%- endset %}

with
    all_tags as ({{ distinct_tags(concerned) }}),

    kept_tags as (select * from all_tags where is_kept),

    changes as (select distinct source, conversation_id, position from kept_tags),

    events as (
        select source, conversation_id, position from {{ ref("int_events") }} where {{ has_tags("event_name") }}
    ),

    -- the records at which some event's tags changed last: of all others no list is made
    asked as (
        select distinct changes.source, changes.conversation_id, changes.position
        from
            {{
                asof_joined(
                    "events",
                    "changes",
                    {"source": "source", "conversation_id": "conversation_id"},
                    ["position", "position"],
                )
            }}
    )

select asked.source, asked.conversation_id, asked.position, {{ sorted_list(list_agg("kept_tags.tag")) }} as tags
from asked
inner join
    kept_tags
    on asked.source = kept_tags.source
    and asked.conversation_id = kept_tags.conversation_id
    and asked.position >= kept_tags.position
group by asked.source, asked.conversation_id, asked.position
