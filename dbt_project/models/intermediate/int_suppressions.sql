{{ followed_merges("suppressions") }}
