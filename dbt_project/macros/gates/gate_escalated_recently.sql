{# Gate 3: an escalated event of the profile in the last exclude_escalated_days. #}
{% macro gate_escalated_recently(triggers, of_asked=false) -%}
    {%- set keys = keys_of_profile() -%}
    {%- set text -%}
        'escalated ' || {{ utc_text("occurred_at") }} || ', conversation ' || conversation_id
        || coalesce(': ' || {{ shortened("escalation_reason", least_carried()) }}, '')
    {%- endset -%}
    with
        escalations as (
            select source, profile_id, occurred_at, {{ value_at_least(text, "event_id") }} as text
            from {{ rows_about(ref("conversation_escalated"), triggers, of_asked) }}
            where profile_id is not null
            group by source, profile_id, occurred_at
        ),

        asked as ({{ triggers_with_any(triggers, "escalations", keys) }}),

        last_escalations as (
            select asked.policy_id, asked.event_id, escalations.text
            from {{ asof_joined("asked", "escalations", keys, ["judged_at", "occurred_at"]) }}
            where escalations.occurred_at > {{ minus_days("asked.judged_at", "asked.exclude_escalated_days") }}
        )

    select
        triggers.policy_id,
        triggers.event_id,
        {{ verdict(
            "last_escalations.event_id is not null",
            known_texts(["last_escalations.text"]),
            "'no escalation in the last ' || triggers.exclude_escalated_days || ' days'",
            uses="triggers.exclude_escalated_days > 0",
        ) }}
    from {{ triggers }} as triggers
    left join last_escalations using (policy_id, event_id)
{%- endmacro %}
