{# How many distinct tags a conversation has at most (spec §3.2): a machine that writes a tag per record would
   make each of its events carry all of them. #}
{% macro most_tags() -%} {{ return(100) }} {%- endmacro %}

{# One row per tag that a conversation keeps, with the `position` of the record at which it came: the first in the order,
   within a record by code point. #}
{% macro kept_tags(condition) -%}
    select source, conversation_id, tag, position
    from (
        select
            source, conversation_id, tag, min(position) as position,
            row_number() over (partition by source, conversation_id order by min(position), tag) as tag_rank
        from (
            select records.source, records.conversation_id, records.position, {{ trimmed("tagged.element") }} as tag
            from {{ ref("int_conversation_records") }} as records
            cross join lateral {{ unnested("records.tags", "tagged") }}
            where {{ list_size("records.tags") }} > 0 and {{ condition }}
        ) as all_tags
        group by source, conversation_id, tag
    ) as distinct_tags
    where tag_rank <= {{ most_tags() }}
{%- endmacro %}
