{{
    deduplicated(
        "suppressions",
        key=["profile_id", "occurred_at"],
        columns=[
            "profile_id",
            "occurred_at",
            "channel",
            "channel_text",
            "action",
            "action_text",
            "reason",
        ],
        kept=["is_erased"],
    )
}}
