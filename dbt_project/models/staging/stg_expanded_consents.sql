{{ config(enabled=is_expanded_into("consents")) }} {{ expanded_records("consents") }}
