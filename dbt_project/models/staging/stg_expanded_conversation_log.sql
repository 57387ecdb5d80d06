{{ config(enabled=is_expanded_into("conversation_log")) }} {{ expanded_records("conversation_log") }}
