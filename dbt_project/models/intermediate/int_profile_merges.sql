{#- Where each merged profile ends: pointers are doubled, so that 20 rounds follow chains of a million merges. -#}
{%- set rounds = 20 -%}

with
    edges as {{ kept() }} (
        select source, profile_id, merged_into as target
        from {{ ref("int_profile_versions") }}
        where is_current and merged_into is not null
    ),

    hops_0 as {{ kept() }} (select source, profile_id, target, least(profile_id, target) as smallest from edges),
    {% for round in range(rounds) %}
        hops_{{ round + 1 }} as {{ kept() }} (
            select
                near.source,
                near.profile_id,
                coalesce(far.target, near.target) as target,
                least(near.smallest, coalesce(far.smallest, near.smallest)) as smallest
            from hops_{{ round }} as near
            left join hops_{{ round }} as far on near.source = far.source and near.target = far.profile_id
        ),
    {% endfor %}
    final as (
        -- an end that leads on lies in a cycle, and all of the cycle was visited from it
        select ends.source, ends.profile_id, coalesce(cycles.smallest, ends.target) as final_profile_id
        from hops_{{ rounds }} as ends
        left join hops_{{ rounds }} as cycles on ends.source = cycles.source and ends.target = cycles.profile_id
    )

select *
from final
