{{ staged_feed("conversation_log") }}
