{%- do source("raw", "chat_transcripts") -%}
with
    lines as (select * from {{ parquet_rows_after("expanded/transcripts", last_batch_taken()) }}),

    sound as (
        select batch_id, file_path, line_number, source, transcript_id, content_id, true as is_new
        from lines
        where reason is null
        {%- if is_incremental() %}
            union all
            select batch_id, file_path, line_number, source, transcript_id, content_id, false as is_new
            from {{ this }}
            where verdict = 'accepted'
        {%- endif %}
    ),

    placed as (
        select
            *,
            row_number() over (
                partition by source, transcript_id, content_id order by is_new, batch_id, file_path, line_number
            ) as place
        from sound
    )

select
    lines.batch_id,
    lines.file_path,
    lines.line_number,
    lines.source,
    lines.ingested_at,
    case
        when lines.reason is not null then 'rejected' when placed.place = 1 then 'accepted' else 'duplicate'
    end as verdict,
    lines.reason as refusal_reason,
    lines.field as refusal_field,
    {{ transcript_detail("lines.reason", "lines.field", "lines.raw_text") }} as refusal_detail,
    false as gave_way,
    cast(null as varchar) as unknown_fields,
    case when lines.reason is not null then lines.raw_text end as raw_text,
    lines.transcript_id,
    lines.content_id,
    lines.message_count,
    lines.unknown_words
from lines
left join
    placed
    on lines.batch_id = placed.batch_id
    and lines.file_path = placed.file_path
    and lines.line_number = placed.line_number
