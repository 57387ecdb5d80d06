{{
    deduplicated(
        "conversation_log",
        key=["conversation_id", "record_id"],
        columns=log_record_columns(),
        immutable=true,
        kept=["erased_category"],
    )
}}
