with
    lines as ({{ rows_after(source("raw", "chat_transcripts"), last_batch_in("stg_chat_transcripts")) }}),

    final as (
        select
            batch_id,
            file_path,
            line_number,
            source,
            ingested_at,
            reason as refusal_reason,
            field as refusal_field,
            {{ transcript_sentence("reason", "field", "raw_text") }} as refusal_detail,
            case when reason is not null then raw_text end as raw_text,
            transcript_id,
            content_id,
            message_count,
            unknown_words
        from lines
    )

select *
from final
