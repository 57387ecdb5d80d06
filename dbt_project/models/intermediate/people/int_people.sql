select source, coalesce(merges.final_profile_id, versions.profile_id) as profile_id
from {{ ref("int_profile_versions") }} as versions
left join {{ ref("int_profile_merges") }} as merges using (source, profile_id)
where versions.is_current
union
select profiles.source, profiles.profile_id
from {{ ref("int_conversation_profiles") }} as profiles
inner join {{ ref("int_conversations") }} as conversations using (source, conversation_id)
where profiles.profile_id is not null and not conversations.is_preview
union
select source, profile_id
from {{ ref("int_orders") }}
where profile_id is not null
union
select source, profile_id
from {{ ref("int_consents") }}
