{{ deduplicated("message_sends") }}
