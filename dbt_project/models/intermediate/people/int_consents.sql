{{ followed_merges("consents", ["channel", "occurred_at", "status", "status_text", "method", "valid_until"]) }}
