{{ staged_feed("orders") }}
