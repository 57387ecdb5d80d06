{{ staged_feed("profiles") }}
