{{ config(enabled=is_expanded_into("erasures")) }} {{ expanded_records("erasures") }}
