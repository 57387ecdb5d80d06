{# Query: of the sends (all, where none are given) those that meet a condition, one row for each instant of the columns named;
   of several at one instant the least message_id is shown. #}
{% macro sends_by(columns, condition, sends=none) -%}
    {%- set text -%}
        coalesce('unknown kind ' || {{ shortened("kind_text", least_carried()) }}, kind) || ' ' || message_id || ' sent ' || {{ utc_text("sent_at") }}
    {%- endset -%}
    select
        {{ columns | join(", ") }}, sent_at, min(message_id) as message_id, {{ value_at_least(text, "message_id") }} as text
    from {{ sends or ref("int_message_sends") }}
    where {{ condition }}
    group by {{ columns | join(", ") }}, sent_at
{%- endmacro %}

{# Condition: whether a send is a flow's that may be of the policy: it names no other one (spec §8.2). #}
{% macro may_be_of_policy(sends, policies) -%}
    ({{ sends }}.kind = 'flow' and coalesce({{ sends }}.policy_id = {{ policies }}.policy_id, true))
{%- endmacro %}
