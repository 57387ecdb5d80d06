{{ config(enabled=is_expanded_into("suppressions")) }} {{ expanded_records("suppressions") }}
