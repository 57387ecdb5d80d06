{{ followed_merges("suppressions", ["occurred_at", "channel", "channel_text", "action", "action_text", "reason"]) }}
