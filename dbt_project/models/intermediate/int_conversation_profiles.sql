with identifiers as (select * from {{ ref("int_conversation_identifiers") }})

select identifiers.source, identifiers.conversation_id, {{ resolved_profile("identifiers") }} as profile_id
from identifiers {{ joined_profiles("identifiers") }}
