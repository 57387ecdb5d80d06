{{ config(materialized=as_view()) }}

with
    experiments as (select * from {{ ref("retargeting_experiments") }}),

    final as (
        select
            experiment_id,
            policy_id,
            {{ text_to_instant("starts_at") }} as starts_at,
            {{ text_to_instant("ends_at") }} as ends_at,
            holdout_percent,
            conversion_hours,
            cast(smallest_lift as double) as smallest_lift
        from experiments
    )

select *
from final
