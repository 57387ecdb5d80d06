{{
    deduplicated(
        "consents",
        key=["profile_id", "occurred_at"],
        columns=[
            "profile_id",
            "channel",
            "occurred_at",
            "status",
            "status_text",
            "method",
            "valid_until",
        ],
        kept=["is_erased"],
    )
}}
