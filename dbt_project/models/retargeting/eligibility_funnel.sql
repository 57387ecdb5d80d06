with
    eligibility as (select * from {{ ref("retargeting_eligibility") }}),

    final as (
        select
            policy_id,
            source,
            count(*) as triggered,
            {%- for gate in var("retargeting_gates") %}
                count(*) filter (where {{ list_has("failed_gates", "'" ~ gate ~ "'") }}) as {{ gate }},
            {%- endfor %}
            {%- for status in ["blocked", "waiting", "eligible", "expired"] %}
                count(*) filter (where status = '{{ status }}') as {{ status }},
            {%- endfor %}
            as_of
        from eligibility
        group by policy_id, source, as_of
    )

select *
from final
