{{ config(materialized=as_view()) }}

{{
    followed_merges(
        "message_sends", ["message_id", "channel", "sent_at", "kind", "kind_text", "policy_id", "event_id"]
    )
}}
