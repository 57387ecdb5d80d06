{# What a profile can be said to have done: the model, its instant, and the properties a condition may name. #}
{% macro segment_events() -%}
    {{ return({
        "conversation_started": {
            "model": "conversation_started", "instant": "occurred_at", "filter": "true",
            "properties": ["channel", "initial_skill", "first_message"], "lists": [],
        },
        "conversation_resolved": {
            "model": "conversation_resolved", "instant": "occurred_at", "filter": "true",
            "properties": ["channel", "final_skill", "resolution_seconds"], "lists": ["tags"],
        },
        "conversation_escalated": {
            "model": "conversation_escalated", "instant": "occurred_at", "filter": "true",
            "properties": ["channel", "escalation_reason", "escalation_category", "skill"], "lists": ["tags"],
        },
        "product_recommendation_received": {
            "model": "product_recommendation_received", "instant": "occurred_at", "filter": "true",
            "properties": ["channel", "product_count", "layout", "skill"], "lists": ["products"],
        },
        "placed_order": {
            "model": "int_orders", "instant": "placed_at", "filter": "true",
            "properties": ["order_id", "status", "currency", "total"], "lists": [],
        },
        "abandoned_conversation": {
            "model": "conversations", "instant": "last_record_at", "filter": "outcome = 'abandoned'",
            "properties": ["channel", "initial_skill", "final_skill", "customer_messages"], "lists": ["tags"],
        },
    }) }}
{%- endmacro %}

{# The declaration of an event; a sentence at compile time for one that nobody has declared. #}
{% macro segment_event(name) -%}
    {%- set events = caw.segment_events() -%}
    {%- if name not in events -%}
        {{ caw.segment_error("there is no event '" ~ name ~ "'; the events are " ~ events.keys() | join(", ")) }}
    {%- endif -%}
    {{ return(events[name]) }}
{%- endmacro %}

{% macro segment_error(sentence) -%}
    {{ exceptions.raise_compiler_error("Segment " ~ model.name ~ ": " ~ sentence ~ ".") }}
{%- endmacro %}
