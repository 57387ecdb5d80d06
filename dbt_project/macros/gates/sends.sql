{# Query: the sends that meet a condition, one row for each instant of the columns named; of several at one instant the least
   message_id is shown. #}
{% macro sends_by(columns, condition) -%}
    {%- set text -%}
        coalesce('unknown kind ' || kind_text, kind) || ' ' || message_id || ' sent ' || {{ utc_text("sent_at") }}
    {%- endset -%}
    select
        {{ columns | join(", ") }}, sent_at, min(message_id) as message_id, {{ value_at_least(text, "message_id") }} as text
    from {{ ref("int_message_sends") }}
    where {{ condition }}
    group by {{ columns | join(", ") }}, sent_at
{%- endmacro %}
