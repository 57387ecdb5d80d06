{#- The conversations that got records since the last build that was completed, or lost some to a newer version of what they
    were made of; and those that a build has begun since and not completed: their tables may be made for a profile that has
    come and gone. int_conversation_build_log is made last. -#}
{%- set builds = builds_to_add_to() -%}
{%- set begun = previous_relation("intermediate", "int_conversations_to_rebuild") if builds -%}
{%- set is_new = "batch_id > (" ~ last_built_batch() ~ ")" -%}

with
    new_lines as (
        select batch_id, file_path, line_number, feed, source, object_id
        from {{ ref("stg_expanded_lines") }}
        where verdict = 'accepted' and {{ is_new }}
    ),

    older_versions as (
        select lines.batch_id, lines.file_path, lines.line_number
        from
            {{ ref("stg_expanded_lines") }} as lines
            {{ semi_join() }} new_lines
            on new_lines.feed = lines.feed
            and new_lines.source = lines.source
            and new_lines.object_id = lines.object_id
        where lines.verdict = 'accepted' and not ({{ is_new }})
    ),

    final as (
        select source, conversation_id
        from {{ ref("stg_conversation_log") }}
        where verdict = 'accepted' and {{ is_new }}
        union
        select source, conversation_id
        from {{ ref("stg_expanded_conversation_log") }}
        where verdict = 'accepted' and {{ is_new }}
        union
        select records.source, records.conversation_id
        from {{ ref("stg_expanded_conversation_log") }} as records
        inner join older_versions using (batch_id, file_path, line_number)
        where records.verdict = 'accepted'
        {%- if begun %}
            union
            select source, conversation_id
            from {{ begun }}
            where run_id not in (select run_id from {{ builds }})
        {%- endif %}
    )

select *
from final
