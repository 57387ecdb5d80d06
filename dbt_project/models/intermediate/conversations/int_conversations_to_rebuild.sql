{#- The conversations to rebuild: those with new records, and those that now resolve to another profile than when they
    were last built. The run is read from where it is written: int_run is an earlier one's in a run that leaves it out. -#}
{%- set builds = builds_to_add_to() -%}

-- depends_on: {{ ref("int_conversation_profiles") }}
with
    touched as (
        select source, conversation_id
        from {{ ref("int_conversations_with_new_records") }}
        {%- if builds %}
            union
            select builds.source, builds.conversation_id
            from {{ builds }} as builds
            left join {{ ref("int_conversation_profiles") }} as profiles using (source, conversation_id)
            where {{ differs("builds.profile_id", "profiles.profile_id") }}
        {%- endif %}
    ),

    final as (
        select touched.source, touched.conversation_id, run.run_id
        from touched
        cross join {{ source("raw", "run") }} as run
    )

select *
from final
