{{ config(enabled=is_expanded_into("message_sends")) }} {{ expanded_records("message_sends") }}
