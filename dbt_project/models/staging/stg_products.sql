{{ staged_feed("products") }}
