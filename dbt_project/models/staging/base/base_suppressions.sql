{% set faults = faults_of(
    [
        required("profile_id", "id"),
        required("occurred_at", "instant"),
        known_where("channel", "action", "unsuppress", "suppression_channel"),
        optional("channel", "word", "suppression_channel", kept=true),
        optional("action", "word", "suppression_action", kept=true),
        optional("reason", "text"),
    ]
) %}

with
    lines as ({{ new_lines("suppressions") }}),

    given as (
        {{
            given_fields(
                "lines",
                "suppressions",
                [
                    "profile_id",
                    "occurred_at",
                    "channel",
                    "action",
                    "reason",
                ],
                booleans=["channel", "action"],
                words_of=["channel", "action"],
            )
        }}
    ),

    typed as (
        select
            given.*,
            {{ as_id("profile_id") }} as profile_id,
            {{ as_instant("occurred_at") }} as occurred_at,
            {{ as_word("channel") }} as channel,
            {{ as_word("action") }} as action,
            {{ as_text("reason") }} as reason
        from given {{ join_words("channel", "suppression_channel") }} {{ join_words("action", "suppression_action") }}
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
            {{ origin_of("suppressions") }}
            {{ refusal_columns(faults) }},
            {{ unless_erased("unknown_fields") }} as unknown_fields,
            profile_id,
            occurred_at,
            -- what is unclear suppresses, on all channels; a lifted suppression names its channel
            case when action = 'unsuppress' then channel else coalesce(channel, 'all') end as channel,
            {{ unknown_text("channel") }} as channel_text,
            coalesce(action, 'suppress') as action,
            {{ unknown_text("action") }} as action_text,
            {{ unless_erased("reason") }} as reason,
            is_erased
        from checked
    )

select *
from final
