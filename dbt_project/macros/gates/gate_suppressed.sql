{# Gate 5: the latest action for the channel, or the latest for all channels, is suppress; of two at one instant, suppress;
   or a refused line of suppressions may have been one. #}
{% macro gate_suppressed(triggers, of_asked=false) -%}
    {%- set is_suppressed = any_true("action = 'suppress'") -%}
    with
        actions as (
            select
                source,
                profile_id,
                channel,
                occurred_at,
                {{ is_suppressed }} as is_suppressed,
                case when {{ is_suppressed }} then 'suppress' else 'unsuppress' end
                || ' for '
                || channel
                || ' since '
                || {{ utc_text("occurred_at") }} as text
            from {{ rows_about(ref("int_suppressions"), triggers, of_asked) }}
            group by source, profile_id, channel, occurred_at
        ),

        asked as ({{ triggers_with_any(triggers, "actions", keys_of_profile()) }}),

        asked_on_channel as (
            select
                asked.*,
                actions.is_suppressed as is_suppressed_on_channel,
                actions.text as text_on_channel
            from {{ asof_joined("asked", "actions", keys_of_channel(), ["judged_at", "occurred_at"], all_rows=true) }}
        ),

        latest as (
            select
                asked.policy_id,
                asked.event_id,
                asked.is_suppressed_on_channel or on_all.is_suppressed as is_suppressed,
                asked.text_on_channel,
                on_all.text as text_on_all
            from {{ asof_joined(
                ["asked_on_channel", "asked"],
                ["(select * from actions where channel = 'all')", "on_all"],
                keys_of_profile(),
                ["judged_at", "occurred_at"],
                all_rows=true,
            ) }}
        ),

        refused as ({{ refused_lines("suppressions") }})

    select
        triggers.policy_id,
        triggers.event_id,
        {{ verdict(
            "latest.is_suppressed or refused.lines is not null",
            known_texts(["refused.place", "refused.detail", "latest.text_on_all", "latest.text_on_channel"]),
            "'never suppressed on the channel'",
        ) }}
    from {{ triggers }} as triggers
    left join latest using (policy_id, event_id)
    left join refused on {{ same_keys("triggers", "refused", keys_of_channel()) }}
{%- endmacro %}
