{# Gate 8: a later trigger of the same policy and profile; of two at one instant the greater event_id is the later. #}
{% macro gate_superseded(triggers) -%}
    with
        followed as (
            select
                policy_id,
                event_id,
                profile_id,
                judged_at,
                {%- for column in ["triggered_at", "event_id", "conversation_id"] %}
                    lead({{ column }}) over (
                        partition by policy_id, source, profile_id order by triggered_at, event_id
                    ) as next_{{ column }}{{ "," if not loop.last }}
                {%- endfor %}
            from {{ triggers }}
        )

    select
        policy_id,
        event_id,
        {{ verdict(
            "triggers.next_triggered_at <= triggers.judged_at",
            known_texts([
                "case when next_triggered_at <= judged_at then 'newer trigger ' || " ~ utc_text("next_triggered_at")
                ~ " || ', event ' || next_event_id || ', conversation ' || next_conversation_id end"
            ]),
            "'no newer trigger of this policy'",
        ) }}
    from followed as triggers
{%- endmacro %}
