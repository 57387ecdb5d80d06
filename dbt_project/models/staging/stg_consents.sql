{{ staged_feed("consents") }}
