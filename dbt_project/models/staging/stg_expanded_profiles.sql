{{ config(enabled=is_expanded_into("profiles")) }} {{ expanded_records("profiles") }}
