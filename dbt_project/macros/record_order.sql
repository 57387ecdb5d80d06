{# The order of a conversation's records (spec §3.1); texts compare by code point. #}
{% macro record_order() -%} occurred_at, sequence, {{ code_points("record_id") }}, record_id {%- endmacro %}
