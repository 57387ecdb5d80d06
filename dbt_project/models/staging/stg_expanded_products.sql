{{ config(enabled=is_expanded_into("products")) }} {{ expanded_records("products") }}
