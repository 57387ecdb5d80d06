{{
    config(
        materialized="incremental",
        incremental_strategy="rebuild",
        on_schema_change="fail",
        meta={"rebuilds": "int_conversations_with_new_records"},
    )
}}

{% set in_order = record_of(["occurred_at", "sequence", code_points("record_id"), "record_id"]) %}

with
    records as (
        select
            source,
            conversation_id,
            record_id,
            occurred_at,
            sequence,
            profile_id,
            {{ email_key("email") }} as email_key,
            {{ phone_key("phone_number") }} as phone_key,
            external_id as external_id_key,
            anonymous_id as anonymous_id_key
        from {{ ref("int_log_records") }}
        where
            coalesce(profile_id, email, phone_number, external_id, anonymous_id) is not null
            and {{ of_conversations_in(ref("int_conversations_with_new_records")) }}
    ),

    final as (
        select
            source,
            conversation_id,
            {{ value_at_greatest("profile_id", in_order) }} as profile_id,
            {{ value_at_greatest("email_key", in_order) }} as email_key,
            {{ value_at_greatest("phone_key", in_order) }} as phone_key,
            {{ value_at_greatest("external_id_key", in_order) }} as external_id_key,
            {{ value_at_greatest("anonymous_id_key", in_order) }} as anonymous_id_key
        from records
        group by source, conversation_id
    )

select *
from final
