"""What the specification says of the published tables: their columns, in order."""

EVENT = "event_id source conversation_id profile_id channel occurred_at record_id ingested_at"
SEGMENT = "source profile_id qualified_at as_of"

TABLES = {
    "events.conversation_started": f"{EVENT} initial_skill first_message",
    "events.conversation_resolved": f"{EVENT} final_skill tags resolution_seconds",
    "events.conversation_escalated": f"{EVENT} escalation_reason escalation_category skill tags",
    "events.product_recommendation_received": f"{EVENT} products product_count layout skill",
    "events.activity_feed": f"event_name {EVENT} properties",
    "events.recommended_products": (
        "event_id position product_id source profile_id recommended_at purchased_at seconds_to_purchase"
    ),
    "performance.conversations": (
        "source conversation_id profile_id channel is_preview started_at first_record_at last_record_at "
        "initial_skill final_skill customer_messages agent_messages human_messages recommendations link_clicks "
        "add_to_carts resolved_at resolution_seconds escalated_at escalation_reason escalation_category "
        "escalation_count reopen_count tags outcome started_local_date started_local_hour started_weekday "
        "first_response_seconds first_human_response_seconds handled_by recontacted_at resolution_stood"
    ),
    "performance.attributed_orders": (
        "source order_id profile_id conversation_id channel touched_at placed_at currency revenue"
    ),
    "performance.agent_performance_daily": (
        "source date channel currency conversations resolved escalated closed abandoned open resolution_rate "
        "recommendations link_clicks add_to_carts attributed_orders attributed_revenue average_order_value "
        "median_resolution_seconds"
    ),
    "performance.sources": "source timezone currency people first_date last_date conversations",
    "performance.orders": (
        "source order_id profile_id placed_at local_date status currency total refunded_total revenue items "
        "is_first_order conversation_id touched_at touched_conversations"
    ),
    "performance.order_items": "source order_id position product_id sku title quantity currency price",
    "performance.headlines": (
        "source channel period from_date to_date currency conversations resolved resolution_rate escalated "
        "attributed_revenue average_order_value add_to_carts link_clicks previous_conversations previous_resolved "
        "previous_resolution_rate previous_escalated previous_attributed_revenue previous_average_order_value "
        "previous_add_to_carts previous_link_clicks"
    ),
    "performance.recommendation_funnel": (
        "event_id position source conversation_id profile_id channel product_id title catalogue_currency price in_stock "
        "recommended_at clicked_at carted_at purchased_at purchased_order_id purchased_currency purchased_revenue"
    ),
    "performance.product_performance_daily": (
        "source local_date product_id title recommendations clicks carts purchases currency revenue"
    ),
    "performance.conversation_tags": "source conversation_id tag",
    "performance.escalations_daily": "source local_date channel skill category escalations conversations",
    "performance.skill_performance_daily": "source date skill invocations conversations resolved",
    "segments.shoppers": (
        "source profile_id first_conversation_at last_conversation_at conversations last_outcome recommendations "
        "escalations orders currency revenue first_order_at last_order_at segments consented_channels "
        "suppressed_channels as_of"
    ),
    "segments.segment_membership": f"segment_id {SEGMENT}",
    "segments.segment_membership_history": "segment_id source profile_id entered_at exited_at",
    "segments.segment_sizes": "segment_id source as_of members",
    "segments.started_conversation_ever": SEGMENT,
    "segments.started_conversation_last_30_days": SEGMENT,
    "segments.recommended_not_purchased": SEGMENT,
    "segments.recommended_never_purchased": SEGMENT,
    "segments.escalated_ever": SEGMENT,
    "segments.escalated_last_7_days": SEGMENT,
    "segments.resolved_by_agent_last_30_days": SEGMENT,
    "segments.repeat_conversations": SEGMENT,
    "segments.abandoned_conversation_last_7_days": SEGMENT,
    "retargeting.retargeting_eligibility": (
        "policy_id event_id source conversation_id profile_id message_channel triggered_at send_after expires_at "
        "judged_at products failed_gates status is_eligible as_of"
    ),
    "retargeting.promotion_exclusions": "source profile_id reason last_escalated_at excluded_until as_of",
    "retargeting.eligibility_funnel": (
        "policy_id source triggered profile_unknown ordered_since_trigger escalated_recently no_consent suppressed "
        "messaged_recently already_sent superseded products_unavailable holdout blocked waiting eligible expired "
        "as_of"
    ),
    "retargeting.failed_gates": "source policy_id event_id gate position is_only_gate as_of",
    "retargeting.message_outcomes": (
        "source message_id policy_id event_id profile_id channel sent_at triggered_at send_after "
        "seconds_after_send_after ordered_before_send ordered_at order_id as_of"
    ),
    "retargeting.experiment_units": (
        "experiment_id policy_id source profile_id event_id enrolled_at arm was_sent is_mature currency orders revenue "
        "is_converted as_of"
    ),
    "retargeting.policy_lift": (
        "experiment_id policy_id source units_treated units_held_out converted_treated converted_held_out rate_treated "
        "rate_held_out lift lift_low lift_high always_valid_low always_valid_high relative_lift incremental_conversions "
        "currency revenue_lift_per_profile revenue_lift_low revenue_lift_high incremental_revenue sent_treated "
        "sent_held_out srm_statistic srm_suspected minimum_detectable_effect verdict as_of"
    ),
    "health.ingestion_ledger": (
        "file_path source feed content_sha256 bytes batch_id ingested_at status error lines blank accepted "
        "duplicates rejected"
    ),
    "health.rejected_records": "file_path line_number source feed raw_text reason field batch_id ingested_at detail",
    "health.unknown_fields": "source feed field lines first_file_path nearest",
    "health.unknown_words": "source feed field word lines",
    "health.vendor_agreement": "source vendor name vendor_count our_count difference explanation",
    "health.event_metrics": (
        "source event_name events events_last_24h events_last_7d first_at last_at status diagnosis as_of"
    ),
}

SCHEMAS = ("events", "segments", "retargeting", "performance", "health")
