{# Gate 7: a flow send on the channel at or after the trigger, unless it names another policy or another event; a send of a
   kind that nobody knows may have been one. #}
{% macro gate_already_sent(triggers) -%}
    {%- set keys = keys_of_channel() -%}
    {%- set keys_of_policy = dict(keys, policy_id="policy_id") -%}
    {%- set keys_of_event = dict(keys, event_id="event_id") -%}
    with
        sends as (
            {{ sends_by(["source", "profile_id", "channel", "policy_id", "event_id"], "kind = 'flow' or kind_text is not null") }}
        ),

        asked as ({{ triggers_with_any(triggers, "sends", keys) }}),

        of_events as (
            select asked.policy_id, asked.event_id, sends.sent_at, sends.message_id, sends.text
            from asked
            inner join sends on {{ same_keys("asked", "sends", keys_of_event) }}
            where
                sends.sent_at between asked.triggered_at and asked.judged_at
                and coalesce(sends.policy_id, asked.policy_id) = asked.policy_id
        ),

        of_policies as (
            select asked.policy_id, asked.event_id, sends.sent_at, sends.message_id, sends.text
            from {{ asof_joined(
                "asked",
                ["(select * from sends where event_id is null and policy_id is not null)", "sends"],
                keys_of_policy,
                ["triggered_at", "sent_at"],
                later=true,
            ) }}
            where sends.sent_at <= asked.judged_at
        ),

        of_any as (
            select asked.policy_id, asked.event_id, sends.sent_at, sends.message_id, sends.text
            from {{ asof_joined(
                "asked",
                ["(select * from sends where event_id is null and policy_id is null)", "sends"],
                keys,
                ["triggered_at", "sent_at"],
                later=true,
            ) }}
            where sends.sent_at <= asked.judged_at
        ),

        sent as (
            select *
            from of_events
            union all
            select *
            from of_policies
            union all
            select *
            from of_any
        ),

        first_sent as (
            select policy_id, event_id, {{ value_at_least("text", record_of(["sent_at", "message_id"])) }} as text
            from sent
            group by policy_id, event_id
        )

    select
        triggers.policy_id,
        triggers.event_id,
        {{ verdict(
            "first_sent.event_id is not null",
            known_texts(["first_sent.text"]),
            "'no flow of this policy went out since the trigger'",
        ) }}
    from {{ triggers }} as triggers
    left join first_sent using (policy_id, event_id)
{%- endmacro %}
