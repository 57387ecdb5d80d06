{#- The conversations that got records since the last build that was completed, and those that a build has begun since and
    not completed: their tables may be made for a profile that has come and gone. int_conversation_build_log is made last. -#}
{%- set builds = builds_to_add_to() -%}
{%- set begun = previous_relation("intermediate", "int_conversations_to_rebuild") if builds -%}
{%- set is_new = "batch_id > (" ~ last_built_batch() ~ ")" -%}

select source, conversation_id
from {{ ref("stg_conversation_log") }}
where verdict = 'accepted' and {{ is_new }}
union
select source, transcript_id as conversation_id
from {{ ref("stg_chat_transcripts") }}
where verdict = 'accepted' and {{ is_new }}
{%- if begun %}
    union
    select source, conversation_id
    from {{ begun }}
    where run_id not in (select run_id from {{ builds }})
{%- endif %}
