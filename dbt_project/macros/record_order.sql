{# The order of a conversation's records (spec §3.1), from its end; texts compare by code point. #}
{% macro last_record_first() -%}
    occurred_at desc, sequence desc, {{ code_points("record_id") }} desc, record_id desc
{%- endmacro %}
