{{
    config(
        materialized="incremental",
        incremental_strategy="rebuild",
        on_schema_change="fail",
        meta={"rebuilds": "int_conversations_with_new_records"},
    )
}}

{% set is_delivered = of_conversations_in(ref("int_conversations_with_new_records")) %}

with
    identifiers as (
        select * from {{ ref("int_conversation_identifiers") }} where {{ is_delivered }} or {{ must_resolve_again() }}
    ),

    resolved as (
        select identifiers.source, identifiers.conversation_id, {{ resolved_profile("identifiers") }} as profile_id
        from identifiers {{ joined_profiles("identifiers") }}
    ),

    final as (
        select resolved.source, resolved.conversation_id, resolved.profile_id
        from resolved
        {%- if is_incremental() %}
            left join {{ this }} as present using (source, conversation_id)
            where {{ is_delivered }} or {{ differs("resolved.profile_id", "present.profile_id") }}
        {%- endif %}
    )

select *
from final
