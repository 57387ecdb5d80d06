{% set faults = faults_of(
    [
        required("profile_id", "id"),
        required("channel", "word", "consent_channel"),
        required("occurred_at", "instant"),
        optional("status", "word", "consent_status", kept=true),
        optional("method", "text"),
        optional("valid_until", "instant_ahead"),
    ]
) %}

with
    lines as ({{ new_lines("consents") }}),

    given as (
        {{
            given_fields(
                "lines",
                "consents",
                [
                    "profile_id",
                    "channel",
                    "occurred_at",
                    "status",
                    "method",
                    "valid_until",
                ],
                booleans=["status"],
                words_of=["channel", "status"],
            )
        }}
    ),

    typed as (
        select
            given.*,
            {{ as_id("profile_id") }} as profile_id,
            {{ as_word("channel") }} as channel,
            {{ as_instant("occurred_at") }} as occurred_at,
            {{ as_word("status") }} as status,
            {{ as_text("method") }} as method,
            {{ as_instant("valid_until") }} as valid_until
        from given {{ join_words("channel", "consent_channel") }} {{ join_words("status", "consent_status") }}
    ),

    checked as (select *, {{ fault_bits(faults) }} as faults from typed),

    final as (
        select
            batch_id,
            file_path,
            line_number,
            source,
            ingested_at,
            gave_way,
            {{ origin_of("consents") }}
            {{ refusal_columns(faults) }},
            {{ unless_erased("unknown_fields") }} as unknown_fields,
            profile_id,
            channel,
            occurred_at,
            -- whoever did not say yes in so many words is not written to
            coalesce(status, 'never_subscribed') as status,
            {{ unknown_text("status") }} as status_text,
            {{ unless_erased("method") }} as method,
            valid_until,
            is_erased
        from checked
    )

select *
from final
