with
    versions as (select * from {{ ref("int_profile_versions") }} where is_current),

    merges as (select * from {{ ref("int_profile_merges") }}),

    final as (
        select
            versions.source,
            versions.profile_id,
            versions.email,
            versions.phone_number,
            versions.external_id,
            versions.anonymous_ids
        from versions
        left join merges using (source, profile_id)
        where coalesce(merges.final_profile_id, versions.profile_id) = versions.profile_id
    )

select *
from final
