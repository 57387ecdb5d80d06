{{ staged_feed("erasures") }}
