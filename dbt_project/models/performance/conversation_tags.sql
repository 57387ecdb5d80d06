{{
    config(
        materialized="incremental",
        incremental_strategy="rebuild",
        on_schema_change="fail",
        meta={"rebuilds": "int_conversations_to_rebuild"},
    )
}}

with
    conversations as (
        select source, conversation_id, tags
        from {{ ref("conversations") }}
        where not is_preview and {{ of_conversations_in(ref("int_conversations_to_rebuild")) }}
    ),

    final as (
        select conversations.source, conversations.conversation_id, tag.element as tag
        from conversations
        cross join lateral {{ unnested("conversations.tags", "tag") }}
    )

select *
from final
