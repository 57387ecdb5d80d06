{{
    config(
        materialized="incremental",
        incremental_strategy="rebuild",
        on_schema_change="fail",
        meta={"rebuilds": "int_conversations_to_rebuild"},
    )
}}

-- Made last: a conversation counts as built only when all that is built by conversation has been.
-- depends_on: {{ ref("conversation_started") }}
-- depends_on: {{ ref("conversation_resolved") }}
-- depends_on: {{ ref("conversation_escalated") }}
-- depends_on: {{ ref("product_recommendation_received") }}
-- depends_on: {{ ref("conversations") }}
-- depends_on: {{ ref("conversation_tags") }}
-- depends_on: {{ ref("attributed_orders") }}
-- depends_on: {{ ref("int_skill_runs") }}
with
    conversations as (select * from {{ ref("int_conversations") }}),

    touched as (select * from {{ ref("int_conversations_to_rebuild") }}),

    profiles as (select * from {{ ref("int_conversation_profiles") }}),

    final as (
        select
            conversations.source,
            conversations.conversation_id,
            profiles.profile_id,
            conversations.batch_id,
            touched.run_id
        from conversations
        inner join touched using (source, conversation_id)
        left join profiles using (source, conversation_id)
    )

select *
from final
