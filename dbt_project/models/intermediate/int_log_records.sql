{{ config(materialized="view") }}

{% set columns = ["batch_id", "source", "ingested_at"] + log_record_columns() + ["erased_category"] %}

with
    transcripts as (select batch_id, file_path, line_number from {{ ref("int_transcripts") }} where is_current),

    logged as {{ not_materialized() }} (
        select {{ columns | join(", ") }}, false as time_from_start
        from {{ ref("stg_conversation_log") }}
        where verdict = 'accepted'
    ),

    transcribed as {{ not_materialized() }} (
        select {% for column in columns %} records.{{ column }}, {% endfor %} records.time_from_start
        from {{ ref("stg_transcript_records") }} as records
        inner join transcripts using (batch_id, file_path, line_number)
        where records.verdict = 'accepted'
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
