select
    versions.source,
    versions.profile_id,
    versions.email,
    versions.phone_number,
    versions.external_id,
    versions.anonymous_ids
from {{ ref("int_profile_versions") }} as versions
left join {{ ref("int_profile_merges") }} as merges using (source, profile_id)
where versions.is_current and coalesce(merges.final_profile_id, versions.profile_id) = versions.profile_id
