{{ staged_feed("suppressions") }}
