{% set gates = var("retargeting_gates") %}

with
    triggers as (select * from {{ ref("int_retargeting_triggers") }}),

    failed as (
        {%- for gate in gates %}
            select policy_id, event_id, {{ 2**loop.index0 }} as gate_bit
            from {{ ref("int_gate_" ~ gate) }}
            where is_failed {{ "union all" if not loop.last }}
        {%- endfor %}
    ),

    -- one number for all gates of a trigger: a list that is sorted while it is collected costs several times as much
    failed_gates as (
        select policy_id, event_id, {{ names_of_bits(gates, "bit_or(gate_bit)") }} as failed_gates
        from failed
        group by policy_id, event_id
    ),

    evaluated as (
        select triggers.*, coalesce(failed_gates.failed_gates, {{ empty_text_list() }}) as failed_gates
        from triggers
        left join failed_gates using (policy_id, event_id)
    ),

    with_status as (
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
        from evaluated
    ),

    final as (
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
        from with_status
    )

select *
from final
