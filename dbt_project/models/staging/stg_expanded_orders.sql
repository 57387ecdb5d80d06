{{ config(enabled=is_expanded_into("orders")) }} {{ expanded_records("orders") }}
