{{ config(materialized="view") }}

{% set columns = (
    ["batch_id", "source", "ingested_at"]
    + typed_column_names("conversation_log")
    + kept_columns("conversation_log")
) %}

with
    transcripts as (
        select
            batch_id,
            file_path,
            line_number,
            row_number() over (
                partition by source, transcript_id
                order by message_count desc, batch_id desc, file_path desc, line_number desc
            )
            = 1 as is_current
        from {{ ref("stg_chat_transcripts") }}
        where verdict = 'accepted'
    ),

    logged as {{ inlined() }} (
        select {{ columns | join(", ") }} from {{ ref("stg_conversation_log") }} where verdict = 'accepted'
    ),

    transcribed as {{ inlined() }} (
        select {% for column in columns %} records.{{ column }}{{ ", " if not loop.last }}{% endfor %}
        from {{ ref("stg_transcript_records") }} as records
        inner join transcripts using (batch_id, file_path, line_number)
        where records.verdict = 'accepted' and transcripts.is_current
    ),

    -- only of conversations that both feeds know: without transcripts the log is not even looked at
    logged_too as (
        select logged.source, logged.conversation_id, logged.record_id
        from logged
        inner join
            (select distinct source, conversation_id from transcribed) as known
            on logged.source = known.source
            and logged.conversation_id = known.conversation_id
    )

select *
from logged
union all
select *
from transcribed
where
    not exists (
        select 1
        from logged_too
        where
            logged_too.source = transcribed.source
            and logged_too.conversation_id = transcribed.conversation_id
            and logged_too.record_id = transcribed.record_id
    )
