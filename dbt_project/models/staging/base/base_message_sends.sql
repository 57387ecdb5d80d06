{% set faults = faults_of(
    [
        required("message_id", "id"),
        required("profile_id", "id"),
        required("channel", "word", "consent_channel"),
        required("sent_at", "instant"),
        optional("kind", "word", "send_kind", kept=true),
        optional("policy_id", "id"),
        optional("event_id", "id"),
    ]
) %}

with
    lines as ({{ new_lines("message_sends") }}),

    given as (
        {{
            given_fields(
                "lines",
                "message_sends",
                [
                    "message_id",
                    "profile_id",
                    "channel",
                    "sent_at",
                    "kind",
                    "policy_id",
                    "event_id",
                ],
                words_of=["channel", "kind"],
            )
        }}
    ),

    typed as (
        select
            given.*,
            {{ as_id("message_id") }} as message_id,
            {{ as_id("profile_id") }} as profile_id,
            {{ as_word("channel") }} as channel,
            {{ as_instant("sent_at") }} as sent_at,
            {{ as_word("kind") }} as kind,
            {{ as_id("policy_id") }} as policy_id,
            {{ as_id("event_id") }} as event_id
        from given {{ join_words("channel", "consent_channel") }} {{ join_words("kind", "send_kind") }}
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
            {{ origin_of("message_sends") }}
            {{ refusal_columns(faults) }},
            {{ unless_erased("unknown_fields") }} as unknown_fields,
            message_id,
            profile_id,
            channel,
            sent_at,
            coalesce(kind, 'campaign') as kind,
            {{ unknown_text("kind") }} as kind_text,
            policy_id,
            event_id,
            is_erased
        from checked
    )

select *
from final
