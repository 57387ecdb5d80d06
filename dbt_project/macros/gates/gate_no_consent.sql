{# Gate 4: the latest consent for the channel is not subscribed, is no longer valid, or there is none; or a refused line of
   consents may have been a no. #}
{% macro gate_no_consent(triggers, of_asked=false) -%}
    {%- set keys = keys_of_channel() -%}
    {%- set text -%}
        status || ' for ' || channel || ' since ' || {{ utc_text("occurred_at") }}
        || coalesce(', valid until ' || {{ utc_text("valid_until") }}, '')
    {%- endset -%}
    {%- set or_never = instant_literal("9999-12-31 23:59:59.999999Z") -%}
    {%- set decides_first = record_of(["status = 'subscribed'", "coalesce(valid_until, " ~ or_never ~ ")"]) -%}
    with
        -- of several at one instant one decides, as latest_consent_first() has it; ranking all would cost twice as much
        consents as (
            select
                source,
                profile_id,
                channel,
                occurred_at,
                not {{ any_true("status is distinct from 'subscribed'") }} as is_subscribed,
                min(valid_until) as valid_until,
                {{ value_at_least(text, decides_first) }} as text
            from {{ rows_about(ref("int_consents"), triggers, of_asked) }}
            group by source, profile_id, channel, occurred_at
        ),

        refused as ({{ refused_lines("consents") }})

    select
        triggers.policy_id,
        triggers.event_id,
        {{ verdict(
            "consents.is_subscribed is not true or consents.valid_until <= triggers.judged_at"
            ~ " or refused.lines is not null",
            known_texts(["refused.place", "refused.detail", "consents.text"]),
            "'no consent for the channel on record'",
            uses="triggers.require_consent",
        ) }}
    from {{ asof_joined([triggers, "triggers"], "consents", keys, ["judged_at", "occurred_at"], all_rows=true) }}
    left join refused on {{ same_keys("triggers", "refused", keys) }}
{%- endmacro %}
