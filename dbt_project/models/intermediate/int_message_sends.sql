{{ followed_merges("message_sends") }}
