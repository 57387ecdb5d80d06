{%- set seen = last_batch_taken() -%}
{%- set files = files_after("expanded/records", seen) -%}
{%- if is_incremental() and not bring_rows(files) -%} select * from {{ this }} where false
{%- else -%}
    with
        accepted as (
            select batch_id, file_path, line_number, transcript_id
            from {{ ref("stg_chat_transcripts") }}
            where verdict = 'accepted'
        ),

        lines as ({{ record_lines(parquet_rows_of(files, seen), "accepted") }}),

        {{ staged_lines("conversation_log", "lines") }}

    select
        batch_id,
        file_path,
        line_number,
        record_index,
        time_from_start,
        transcript_id,
        source,
        ingested_at,
        case when refusal is null then 'accepted' else 'rejected' end as verdict,
        {{ refusal_columns() }},
        case when refusal is not null then {{ refusal_detail("conversation_log") }} end as refusal_detail,
        case when refusal is not null then raw_text end as raw_text,
        {{ typed_columns("conversation_log") }}
    from checked
{%- endif -%}
