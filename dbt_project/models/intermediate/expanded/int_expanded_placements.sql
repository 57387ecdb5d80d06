{#- A record's placement is the rule by which the parts that count say where it stands, whichever version each part is of.
    Parts are those that have an instant that a record may have, and no refused record, in the order of records (spec §2.3.3 and §3.1). Where no
    part decides, the record stays as it is; a hand-over that is shown by parts alone is then none. -#}
{{
    config(
        enabled=is_any_placed(),
        materialized="incremental",
        incremental_strategy="rebuild",
        on_schema_change="fail",
        meta={"rebuilds": "int_conversations_with_new_records"},
    )
}}

{% set object = ["expanded_from", "source", "object_id"] %}
{% set endings = "status in ('escalated', 'resolved', 'closed')" %}
{% set columns = (
    line_key()
    + object
    + [
        "part",
        "record_index",
        "conversation_id",
        "occurred_at",
        "sequence",
        "actor",
        "status",
        "placement",
    ]
) %}
{% set in_order = ["spoken_at", "sequence", code_points("part"), "part"] %}

with
    records as (
        select *
        from
            (
                {{ current_records("conversation_log", columns, "(placement is not null or " ~ endings ~ ")") }}
            ) as records
        where {{ of_conversations_in(ref("int_conversations_with_new_records")) }}
    ),

    objects as (select distinct {{ object | join(", ") }} from records where placement is not null),

    listed as (
        select
            lines.batch_id,
            lines.file_path,
            lines.line_number,
            lines.feed as expanded_from,
            lines.source,
            lines.object_id,
            lines.ingested_at,
            listed.element as mark
        from {{ ref("stg_expanded_lines") }} as lines
        inner join
            objects
            on objects.expanded_from = lines.feed
            and objects.source = lines.source
            and objects.object_id = lines.object_id
        cross join lateral {{ unnested("lines.marks", "listed") }}
        where lines.verdict = 'accepted' and lines.marks is not null
    ),

    refused as (
        select distinct batch_id, file_path, line_number, part
        from {{ ref("stg_expanded_conversation_log") }}
        where verdict = 'rejected' and part is not null
    ),

    marks as (
        select
            {{ qualified(object, "listed") }},
            parts.part,
            listed.mark.occurred_at as spoken_at,
            listed.mark.sequence as sequence,
            listed.mark.actor as actor,
            listed.mark.is_ai as is_ai,
            listed.mark.assigns as assigns,
            listed.mark.transfers as transfers
        from listed
        inner join
            {{ ref("int_expanded_parts") }} as parts
            on {{ same_line("parts", "listed") }}
            and parts.part = listed.mark.part
        left join refused on {{ same_line("refused", "listed") }} and refused.part = parts.part
        where
            refused.part is null
            and listed.mark.occurred_at
            between {{ instant_literal("1990-01-01 00:00:00+00") }} and {{ plus_hours("listed.ingested_at", 24) }}
    ),

    -- looked at from the end, as the first value of a frame is found at once
    ordered as (
        select
            *,
            row_number() over (partition by {{ object | join(", ") }} order by {{ in_order | join(", ") }}) as position,
            {{ first_known("actor") }} over (
                partition by {{ object | join(", ") }}
                order by {{ in_order | join(" desc, ") }} desc
                rows between 1 following and unbounded following
            ) as last_speaker
        from marks
    ),

    bounds as (
        select
            {{ object | join(", ") }},
            min(case when actor is not null then position end) as first_message,
            min(case when actor = 'agent' then position end) as first_of_agent,
            max(case when actor = 'agent' then position end) as last_of_agent,
            max(case when is_ai then position end) as last_of_ai
        from ordered
        group by {{ object | join(", ") }}
    ),

    -- positions go up with instants, so that the least instant is that of the least position
    places as (
        select
            {{ object | join(", ") }},
            coalesce(
                min(case when actor = 'human' and position > last_of_agent then spoken_at end),
                min(case when actor = 'human' and position > first_message then spoken_at end)
            ) as first_human_message_after_the_agent,
            max(case when actor = 'agent' then spoken_at end) as last_agent_message,
            min(
                case when (assigns or actor = 'human') and position > last_of_ai then spoken_at end
            ) as first_handover_after_the_ai,
            max(case when actor in ('customer', 'agent') then spoken_at end) as last_message_but_humans,
            least(
                min(case when (assigns or actor = 'human') and position > first_of_agent then spoken_at end),
                min(case when transfers then spoken_at end)
            ) as first_handover_if_any,
            max(case when actor is not null then spoken_at end) as last_message,
            {{ any_true("actor= 'human'") }} as has_human
        from ordered
        inner join bounds using ({{ object | join(", ") }})
        group by {{ object | join(", ") }}
    ),

    by_parts as (
        select
            {{
                qualified(
                    line_key() + object + ["record_index", "conversation_id", "sequence", "status", "placement"],
                    "records",
                )
            }},
            records.occurred_at as own_occurred_at,
            case
                records.placement
                when 'first_human_message_after_the_agent'
                then places.first_human_message_after_the_agent
                when 'last_agent_message'
                then places.last_agent_message
                when 'first_handover_after_the_ai'
                then places.first_handover_after_the_ai
                when 'last_message_but_humans'
                then places.last_message_but_humans
                when 'first_handover_if_any'
                then places.first_handover_if_any
                when 'last_message_and_its_side'
                then places.last_message
            end as placed_at,
            case
                records.placement
                when 'last_message_and_its_side'
                then case when places.has_human then 'human' end
                when 'by_the_last_speaker'
                then case when ordered.last_speaker = 'agent' then 'agent' end
            end as placed_actor
        from records
        left join places using ({{ object | join(", ") }})
        left join
            ordered on records.placement = 'by_the_last_speaker'
            {% for column in object + ["part"] %} and ordered.{{ column }} = records.{{ column }} {% endfor %}
    ),

    shown as (
        select
            *,
            coalesce(placed_at, own_occurred_at) as occurred_at,
            placement is distinct from 'first_handover_if_any' or placed_at is not null as is_shown
        from by_parts
    ),

    first_endings as (
        select
            {{ object | join(", ") }},
            min(occurred_at) as ended_at,
            {{ value_at_least("sequence", record_of(["occurred_at", "sequence"])) }} as sequence
        from shown
        where is_shown and {{ endings }}
        group by {{ object | join(", ") }}
    ),

    final as (
        select
            {{ qualified(line_key() + ["record_index", "source", "conversation_id"], "shown") }},
            case
                when shown.placement = 'before_the_first_ending'
                then coalesce(first_endings.ended_at, shown.own_occurred_at)
                else shown.occurred_at
            end as occurred_at,
            case when shown.placement = 'before_the_first_ending' then first_endings.sequence - 1 end as sequence,
            shown.placed_actor as actor,
            shown.is_shown
        from shown
        left join first_endings using ({{ object | join(", ") }})
        where shown.placement is not null
    )

select *
from final
