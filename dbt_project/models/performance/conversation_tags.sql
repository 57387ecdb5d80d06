{{
    config(
        materialized="incremental",
        incremental_strategy="rebuild",
        on_schema_change="fail",
        meta={"rebuilds": "int_conversations_to_rebuild"},
    )
}}

select conversations.source, conversations.conversation_id, tag.element as tag
from {{ ref("conversations") }} as conversations
cross join lateral {{ unnested("conversations.tags", "tag") }}
where not conversations.is_preview and {{ of_conversations_in(ref("int_conversations_to_rebuild")) }}
