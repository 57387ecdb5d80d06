-- A forgotten profile is nobody (spec §4.9): its pseudonym is a member of nothing.
{{
    current_versions(
        "profiles",
        key="profile_id",
        among="is_erased is not true",
        columns=[
            "profile_id",
            "updated_at",
            "email",
            "phone_number",
            "external_id",
            "anonymous_ids",
            "merged_into",
        ],
    )
}}
