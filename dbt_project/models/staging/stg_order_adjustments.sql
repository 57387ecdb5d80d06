{{ deduplicated("order_adjustments") }}
