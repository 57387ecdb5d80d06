{#- The conversations that got records since the last build that was completed: int_conversation_builds is made last. -#}
{%- set is_new = "batch_id > (" ~ last_built_batch() ~ ")" -%}

select source, conversation_id
from {{ ref("stg_conversation_log") }}
where verdict = 'accepted' and {{ is_new }}
union
select source, transcript_id as conversation_id
from {{ ref("stg_chat_transcripts") }}
where verdict = 'accepted' and {{ is_new }}
