-- Where each merged profile ends.
{% set edges %}
    select source, profile_id, merged_into as target
    from {{ ref("int_profile_versions") }}
    where is_current and merged_into is not null
{% endset %}

with
    ends as {{ materialized() }} ({{ doubled_pointers(edges) }}),

    final as (
        -- an end that leads on lies in a cycle, and all of the cycle was visited from it
        select ends.source, ends.profile_id, coalesce(cycles.smallest, ends.target) as final_profile_id
        from ends
        left join ends as cycles on ends.source = cycles.source and ends.target = cycles.profile_id
    )

select *
from final
