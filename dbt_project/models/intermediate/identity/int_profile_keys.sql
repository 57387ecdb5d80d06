with
    versions as (select * from {{ ref("int_profile_versions") }}),

    keys as (
        select source, profile_id, updated_at, is_current, 'email' as key_kind, {{ email_key("email") }} as key_value
        from versions
        union all
        select
            source,
            profile_id,
            updated_at,
            is_current,
            'phone' as key_kind,
            {{ phone_key("phone_number") }} as key_value
        from versions
        union all
        select source, profile_id, updated_at, is_current, 'external_id' as key_kind, external_id as key_value
        from versions
        union all
        select source, profile_id, updated_at, is_current, 'anonymous_id' as key_kind, anonymous.element as key_value
        from versions
        cross join lateral {{ unnested("versions.anonymous_ids", "anonymous") }}
    ),

    carriers as {{ materialized() }} (
        select source, key_kind, key_value, min(profile_id) as first_profile_id, max(profile_id) as last_profile_id
        from keys
        where key_value is not null
        group by source, key_kind, key_value
    ),

    -- most keys are one profile's alone: only the others pay for a ranking
    ranked as (
        select
            source,
            key_kind,
            key_value,
            profile_id,
            row_number() over (
                partition by source, key_kind, key_value order by is_current desc, updated_at desc, profile_id desc
            ) as row_rank
        from keys
        where
            (source, key_kind, key_value)
            in (select source, key_kind, key_value from carriers where first_profile_id <> last_profile_id)
    ),

    final as (
        select source, key_kind, key_value, first_profile_id as profile_id
        from carriers
        where first_profile_id = last_profile_id
        union all
        select source, key_kind, key_value, profile_id
        from ranked
        where row_rank = 1
    )

select *
from final
