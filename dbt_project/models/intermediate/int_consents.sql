{{ followed_merges("consents") }}
