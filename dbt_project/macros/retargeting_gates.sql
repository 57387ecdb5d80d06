{# The gates of retargeting eligibility in the contract's order (section 4). #}
{% macro retargeting_gates() -%}
    {{ return([
        "profile_unknown", "ordered_since_trigger", "escalated_recently", "no_consent", "suppressed", "messaged_recently",
        "already_sent", "superseded", "products_unavailable", "holdout",
    ]) }}
{%- endmacro %}
