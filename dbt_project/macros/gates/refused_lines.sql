{# Query: the refused lines of consents or suppressions that still count (spec §4.15), one row for each profile and channel:
   how many `lines`, the `place` of the last delivered, and what is wrong with it (`detail`). #}
{% macro refused_lines(feed) -%}
    {%- set delivery = record_of(["batch_id", "file_path", "line_number"]) -%}
    {%- set place -%}
        'refused line ' || file_path || ':' || line_number || ': ' || {{ joined_texts(["reason", "field"], " ") }}
    {%- endset -%}
    select
        source,
        profile_id,
        channel,
        count(*) as lines,
        {{ value_at_greatest(place, delivery) }}
        || case when count(*) > 1 then '; ' || (count(*) - 1) || ' more refused' else '' end as place,
        nullif({{ value_at_greatest("coalesce(detail, '')", delivery) }}, '') as detail
    from {{ ref("int_refused_permissions") }}
    where feed = '{{ feed }}'
    group by source, profile_id, channel
{%- endmacro %}
