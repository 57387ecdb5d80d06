{{
    config(
        materialized="incremental",
        incremental_strategy="rebuild",
        on_schema_change="fail",
        meta={"rebuilds": "int_conversations_with_new_records"},
    )
}}

with
    -- a run of records with one skill begins where a record names another skill than the one before
    named as (
        select
            source,
            conversation_id,
            skill,
            lag(skill) over (partition by source, conversation_id order by position) as skill_before
        from {{ ref("int_conversation_records") }}
        where skill is not null and {{ of_conversations_in(ref("int_conversations_with_new_records")) }}
    ),

    final as (
        select source, conversation_id, skill, count(*) as runs
        from named
        where {{ differs("skill", "skill_before") }}
        group by source, conversation_id, skill
    )

select *
from final
