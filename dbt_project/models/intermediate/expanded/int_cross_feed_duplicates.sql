{#- Records of one vendor feed that repeat what another one says of the same conversation (spec §2.3.12.5): status changes
    and recommendations, and the first customer message, if the other feed has a message. Without that, "thanks" after a
    resolution makes a second one. -#}
{% set pairs = feeds_that_give_way() %}
{% set columns = [
    "expanded_from",
    "source",
    "conversation_id",
    "record_id",
    "record_type",
    "actor",
    "occurred_at",
    "sequence",
] %}
-- depends_on: {{ ref("stg_expanded_conversation_log") }}
-- depends_on: {{ ref("int_expanded_versions") }}
-- depends_on: {{ ref("int_expanded_parts") }}
{% set named = [] -%}
{% for feed, first in pairs.items() %} {% do named.extend([quoted(feed), quoted(first)]) %} {% endfor -%}
with
    {% if pairs -%}
        pairs as (
            {%- for feed, first in pairs.items() %}
                select '{{ feed }}' as feed, '{{ first }}' as first_feed {{ "union all" if not loop.last }}
            {%- endfor %}
        ),

        records as (
            {{
                current_records(
                    "conversation_log", columns, "records.expanded_from in (" ~ named | unique | join(", ") ~ ")"
                )
            }}
        ),

        known as (
            select expanded_from, source, conversation_id, {{ any_true("record_type = 'message'") }} as has_message
            from records
            group by expanded_from, source, conversation_id
        ),

        repeated as (
            select
                records.expanded_from,
                records.source,
                records.conversation_id,
                records.record_id,
                records.record_type,
                records.actor,
                known.has_message,
                row_number() over (
                    partition by
                        records.expanded_from,
                        records.source,
                        records.conversation_id,
                        records.record_type,
                        records.actor
                    order by
                        records.occurred_at, records.sequence, {{ code_points("records.record_id") }}, records.record_id
                ) as row_rank
            from records
            inner join pairs on pairs.feed = records.expanded_from
            inner join
                known
                on known.expanded_from = pairs.first_feed
                and known.source = records.source
                and known.conversation_id = records.conversation_id
        ),

    {% endif -%}
    final as (
        {% if pairs -%}
            select expanded_from, source, conversation_id, record_id
            from repeated
            where
                record_type in ('status_changed', 'products_recommended')
                or (record_type = 'message' and actor = 'customer' and row_rank = 1 and has_message)
        {%- else -%}
            select
                cast(null as string) as expanded_from,
                cast(null as string) as source,
                cast(null as string) as conversation_id,
                cast(null as string) as record_id
            where false
        {%- endif %}
    )

select *
from final
