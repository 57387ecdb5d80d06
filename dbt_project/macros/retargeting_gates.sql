{# The gates of retargeting eligibility in the order of spec §4.14. #}
{% macro retargeting_gates() -%}
    {{ return([
        "profile_unknown", "ordered_since_trigger", "escalated_recently", "no_consent", "suppressed", "messaged_recently",
        "already_sent", "superseded", "products_unavailable", "holdout",
    ]) }}
{%- endmacro %}

{# Condition: whether a refused line of consents or suppressions still counts for a trigger's profile and channel (gates 4
   and 5), whatever the line's instant and the trigger's. #}
{% macro has_refused_line(feed, triggers) -%}
    ({{ triggers }}.source, {{ triggers }}.profile_id, {{ triggers }}.message_channel) in (
        select (source, profile_id, channel) from {{ ref("int_refused_permissions") }} where feed = '{{ feed }}'
    )
{%- endmacro %}
