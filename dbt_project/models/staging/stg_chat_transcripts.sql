-- depends_on: {{ ref('absent_identifiers') }}, {{ ref('field_aliases') }}, {{ ref('stg_sources') }}, {{ ref('stg_word_aliases') }}
{% do source("raw", "chat_transcripts") -%}
{%- set seen = last_batch_taken() -%}
{%- set files = files_after("expanded/transcripts", seen) -%}
{%- if is_incremental() and not bring_rows(files) -%} select * from {{ this }} where false
{%- else -%}
    {%- set new_lines = parquet_rows_of(files, seen) -%}
    {%- set columns = "batch_id, file_path, line_number, source, transcript_id, message_count, content_id" -%}
    {%- set versions -%}
    select {{ columns }}, true as is_new from {{ new_lines }} where reason is null
    {%- if is_incremental() %}
        union all
        select {{ columns }}, false as is_new from {{ this }}
        where verdict = 'accepted'
    {%- endif %}
    {%- endset -%}
    {%- set contested = contested_transcripts(versions) -%}
    with
        lines as (select * from {{ new_lines }}),

        versions as ({{ versions }}),

        {% if contested %} {{ transcript_contents(contested) }},

        {% endif -%}
        placed as (
            select
                versions.batch_id,
                versions.file_path,
                versions.line_number,
                row_number() over (
                    partition by
                        versions.source,
                        versions.transcript_id,
                        versions.message_count,
                        {{ "coalesce(contents.content, versions.content_id)" if contested else "versions.content_id" }}
                    order by versions.is_new, versions.batch_id, versions.file_path, versions.line_number
                ) as place
            from versions
            {%- if contested %} left join contents using (batch_id, file_path, line_number)
            {%- endif %}
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
{%- endif -%}
