with
    transcripts as (
        select batch_id, file_path, line_number from {{ ref("stg_chat_transcripts") }} where verdict = 'accepted'
    ),

    records as (select * from {{ ref("base_conversation_log") }} where transcript_id is not null),

    final as (
        select
            records.batch_id,
            records.file_path,
            records.line_number,
            records.record_index,
            records.time_from_start,
            records.transcript_id,
            records.source,
            records.ingested_at,
            case when records.refusal_reason is null then 'accepted' else 'rejected' end as verdict,
            records.refusal_reason,
            records.refusal_field,
            records.refusal_detail,
            records.raw_text,
            {{ qualified(log_record_columns() + ["erased_category"], "records") }}
        from records
        inner join transcripts on {{ same_line("transcripts", "records") }}
    )

select *
from final
