{# The stable id of an event (spec §3.9): md5 of the parts, each after its length in code points. #}
{% macro event_id(event_name, columns) -%}
    {{ md5_hex("'" ~ (event_name | length) ~ ":" ~ event_name ~ "'" ~ length_prefixed(columns)) }}
{%- endmacro %}

{% macro length_prefixed(columns) -%}
    {%- for column in columns %} || cast({{ code_points(column) }} as string) || ':' || {{ column }}{% endfor -%}
{%- endmacro %}
