{{ staged_feed("message_sends") }}
