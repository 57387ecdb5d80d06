{# Gate 5: the latest action for the channel, or the latest for all channels, is suppress; of two at one instant, suppress;
   or a refused line of suppressions may have been one. #}
{% macro gate_suppressed(triggers) -%}
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
            from {{ ref("int_suppressions") }}
            group by source, profile_id, channel, occurred_at
        ),

        asked as ({{ triggers_with_any(triggers, "actions", keys_of_profile()) }}),

        latest as (
            select
                asked.policy_id,
                asked.event_id,
                on_channel.is_suppressed or on_all.is_suppressed as is_suppressed,
                on_channel.text as text_on_channel,
                on_all.text as text_on_all
            from
                asked {{ left_asof_join() }}
                actions as on_channel
                on {{ same_keys("asked", "on_channel", keys_of_channel()) }}
                and asked.judged_at >= on_channel.occurred_at {{ left_asof_join() }}
                (select * from actions where channel = 'all') as on_all
                on {{ same_keys("asked", "on_all", keys_of_profile()) }}
                and asked.judged_at >= on_all.occurred_at
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
