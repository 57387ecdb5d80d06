select source, coalesce(merges.final_profile_id, versions.profile_id) as profile_id
from {{ ref("int_profile_versions") }} as versions
left join {{ ref("int_profile_merges") }} as merges using (source, profile_id)
where versions.is_current
union
select source, profile_id
from {{ ref("int_conversation_profiles") }}
where profile_id is not null
union
select source, profile_id
from {{ ref("int_orders") }}
where profile_id is not null
union
select source, profile_id
from {{ ref("int_consents") }}
