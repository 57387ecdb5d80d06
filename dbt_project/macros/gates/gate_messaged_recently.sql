{# Gate 6: a send on the channel that is not transactional in the last min_hours_since_last_message. `sends`: the only ones
   that count, found by `keys`; all of them, by profile and channel, where none are given. #}
{% macro gate_messaged_recently(triggers, sends=none, keys=none) -%}
    {%- set keys = keys or keys_of_channel() -%}
    with
        sends as ({{ sends_by(keys.values(), "kind <> 'transactional'", sends) }}),

        asked as ({{ triggers_with_any(triggers, "sends", keys) }}),

        last_sends as (
            select asked.policy_id, asked.event_id, sends.text
            from {{ asof_joined("asked", "sends", keys, ["judged_at", "sent_at"]) }}
            where sends.sent_at > {{ minus_hours("asked.judged_at", "asked.min_hours_since_last_message") }}
        )

    select
        triggers.policy_id,
        triggers.event_id,
        {{ verdict(
            "last_sends.event_id is not null",
            known_texts(["last_sends.text"]),
            "'no message on the channel in the last ' || triggers.min_hours_since_last_message || ' hours'",
            uses="triggers.min_hours_since_last_message > 0",
        ) }}
    from {{ triggers }} as triggers
    left join last_sends using (policy_id, event_id)
{%- endmacro %}
