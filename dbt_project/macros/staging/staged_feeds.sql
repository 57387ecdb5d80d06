{# What staging holds of each feed (spec §2.0.5): its `key`; the typed `columns`, in which rows are compared; what is `kept`
   besides; whether it is `immutable` (the first delivered counts) or `versioned` (the greatest updated_at); the others are
   histories. #}
{% macro staged_feed(feed) -%}
    {%- set found = {
        "conversation_log": {"key": ["conversation_id", "record_id"], "immutable": true, "kept": ["erased_category"], "columns": log_record_columns()},
        "orders": {"key": ["order_id"], "versioned": true, "columns": [
            "order_id", "placed_at", "updated_at", "profile_id", "email", "phone_number", "external_id", "anonymous_id",
            "status", "status_text", "currency", "total", "refunded_total", "items",
        ]},
        "profiles": {"key": ["profile_id"], "versioned": true, "kept": ["is_erased"], "columns": [
            "profile_id", "updated_at", "email", "phone_number", "external_id", "anonymous_ids", "merged_into",
        ]},
        "consents": {"key": ["profile_id", "occurred_at"], "kept": ["is_erased"], "columns": [
            "profile_id", "channel", "occurred_at", "status", "status_text", "method", "valid_until",
        ]},
        "suppressions": {"key": ["profile_id", "occurred_at"], "kept": ["is_erased"], "columns": [
            "profile_id", "occurred_at", "channel", "channel_text", "action", "action_text", "reason",
        ]},
        "message_sends": {"key": ["message_id"], "immutable": true, "kept": ["is_erased"], "columns": [
            "message_id", "profile_id", "channel", "sent_at", "kind", "kind_text", "policy_id", "event_id",
        ]},
        "products": {"key": ["product_id"], "versioned": true, "kept": ["is_deletion"], "columns": [
            "product_id", "updated_at", "sku", "title", "price", "url", "in_stock",
        ]},
        "order_adjustments": {"key": ["adjustment_id"], "immutable": true, "columns": [
            "adjustment_id", "order_id", "kind", "occurred_at", "amount",
        ]},
        "erasures": {"key": ["request_id"], "immutable": true, "kept": ["is_erased"], "columns": [
            "request_id", "requested_at", "profile_id", "email", "phone_number", "phone",
        ]},
    } -%}
    {{ return(dict({"immutable": false, "versioned": false, "kept": []}, **found[feed])) }}
{%- endmacro %}

{# The typed columns of a log record, landed or made of another feed's line (spec §2.0.6). #}
{% macro log_record_columns() -%}
    {{ return([
        "record_id", "conversation_id", "occurred_at", "record_type", "actor", "text",
        "skill", "products", "layout", "status", "escalation_reason", "tags",
        "url", "product_id", "quantity", "sequence", "channel", "channel_text",
        "mode", "profile_id", "email", "phone_number", "external_id", "anonymous_id",
    ]) }}
{%- endmacro %}
