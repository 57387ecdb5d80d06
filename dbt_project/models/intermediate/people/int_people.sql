with
    versions as (select * from {{ ref("int_profile_versions") }} where is_current),

    merges as (select * from {{ ref("int_profile_merges") }}),

    conversations as (select * from {{ ref("int_conversations") }} where not is_preview),

    final as (
        select source, coalesce(merges.final_profile_id, versions.profile_id) as profile_id
        from versions
        left join merges using (source, profile_id)
        union
        select profiles.source, profiles.profile_id
        from {{ ref("int_conversation_profiles") }} as profiles
        inner join conversations using (source, conversation_id)
        where profiles.profile_id is not null
        union
        select source, profile_id
        from {{ ref("int_orders") }}
        where profile_id is not null
        union
        select source, profile_id
        from {{ ref("int_consents") }}
    )

select *
from final
