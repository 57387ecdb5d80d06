{{ config(enabled=is_expanded_into("order_adjustments")) }} {{ expanded_records("order_adjustments") }}
