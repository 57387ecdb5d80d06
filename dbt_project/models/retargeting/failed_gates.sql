{% set gates = var("retargeting_gates") %}

with
    eligibility as (select * from {{ ref("retargeting_eligibility") }}),

    final as (
        select
            eligibility.source,
            eligibility.policy_id,
            eligibility.event_id,
            gate.element as gate,
            case
                gate.element {%- for name in gates %} when '{{ name }}' then {{ loop.index }} {%- endfor %}
            end as position,
            {{ list_size("eligibility.failed_gates") }} = 1 as is_only_gate,
            eligibility.as_of
        from eligibility
        cross join lateral {{ unnested("eligibility.failed_gates", "gate") }}
    )

select *
from final
