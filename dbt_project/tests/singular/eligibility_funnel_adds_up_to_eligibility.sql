-- The funnel counts each trigger once in its status and once at each gate it failed; gives policy and source where not.
with
    evaluated as (
        select
            policy_id,
            source,
            count(*) as triggered,
            count(*) filter (where status = 'eligible') as eligible,
            sum({{ list_size("failed_gates") }}) as failures
        from {{ ref("retargeting_eligibility") }}
        group by policy_id, source
    ),

    counted as (
        select policy_id, source, triggered, eligible, {{ var("retargeting_gates") | join(" + ") }} as failures
        from {{ ref("eligibility_funnel") }}
    )

select policy_id, source, evaluated.triggered as triggers_evaluated, counted.triggered as triggers_counted
from evaluated
full join counted using (policy_id, source)
where
    {{ differs("evaluated.triggered", "counted.triggered") }}
    or {{ differs("evaluated.eligible", "counted.eligible") }}
    or {{ differs("evaluated.failures", "counted.failures") }}
