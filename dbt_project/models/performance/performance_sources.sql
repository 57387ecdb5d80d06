with
    landed as (select source from {{ ref("int_landed_sources") }}),

    settings as (select source, timezone, currency, people from {{ ref("stg_sources") }}),

    conversations as (
        select
            source,
            min(started_local_date) as first_date,
            max(started_local_date) as last_date,
            count(*) as conversations
        from {{ ref("conversations") }}
        where started_at is not null
        group by source
    ),

    final as (
        select
            landed.source,
            coalesce(settings.timezone, 'UTC') as timezone,
            coalesce(settings.currency, 'USD') as currency,
            coalesce(settings.people, 'own') as people,
            conversations.first_date,
            conversations.last_date,
            coalesce(conversations.conversations, 0) as conversations
        from landed
        left join settings using (source)
        left join conversations using (source)
    )

select *
from final
