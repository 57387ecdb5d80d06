{{ deduplicated("conversation_log") }}
