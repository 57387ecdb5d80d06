{% set gates = retargeting_gates() %}

with
    triggers as (select * from {{ ref("int_retargeting_triggers") }}),

    failed as (
        {%- for gate in gates if gate != "profile_unknown" %}
            select policy_id, event_id, {{ loop.index + 1 }} as position, '{{ gate }}' as gate
            from {{ ref("int_gate_" ~ gate) }} {{ "union all" if not loop.last }}
        {%- endfor %}
    ),

    failed_gates as (
        select policy_id, event_id, {{ collected("gate", "position") }} as failed_gates
        from failed
        group by policy_id, event_id
    ),

    judged as (
        select
            triggers.*,
            case
                when triggers.profile_id is null
                then {{ text_list_of(["profile_unknown"]) }}
                else coalesce(failed_gates.failed_gates, {{ empty_text_list() }})
            end as failed_gates
        from triggers
        left join failed_gates using (policy_id, event_id)
    ),

    final as (
        select
            *,
            case
                when as_of >= expires_at
                then 'expired'
                when {{ list_size("failed_gates") }} > 0
                then 'blocked'
                when as_of < send_after
                then 'waiting'
                else 'eligible'
            end as status
        from judged
    )

select
    policy_id,
    event_id,
    source,
    conversation_id,
    profile_id,
    message_channel,
    triggered_at,
    send_after,
    expires_at,
    judged_at,
    products,
    failed_gates,
    status,
    status = 'eligible' as is_eligible,
    as_of
from final
