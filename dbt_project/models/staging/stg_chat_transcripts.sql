-- depends_on: {{ ref("base_conversation_log") }}
{% set versions -%}
    select batch_id, file_path, line_number, source, transcript_id, message_count, content_id, true as is_new
    from {{ ref("base_chat_transcripts") }}
    where refusal_reason is null
    {%- if is_incremental() %}
        union all
        select batch_id, file_path, line_number, source, transcript_id, message_count, content_id, false as is_new
        from {{ this }}
        where verdict = 'accepted'
    {%- endif %}
{%- endset -%}
{% set contested = contested_transcripts(versions) %}
with
    lines as (select * from {{ ref("base_chat_transcripts") }}),

    versions as ({{ versions }}),

    {% if contested %} {{ transcript_contents(contested) }}, {% endif -%}
    ranked as (
        select
            versions.batch_id,
            versions.file_path,
            versions.line_number,
            versions.is_new,
            row_number() over (
                partition by
                    versions.source,
                    versions.transcript_id,
                    versions.message_count,
                    {{ "coalesce(contents.content, versions.content_id)" if contested else "versions.content_id" }}
                order by versions.is_new, versions.batch_id, versions.file_path, versions.line_number
            ) as row_rank
        from versions
        {%- if contested %} left join contents using (batch_id, file_path, line_number) {%- endif %}
    ),

    final as (
        select
            lines.batch_id,
            lines.file_path,
            lines.line_number,
            lines.source,
            lines.ingested_at,
            case
                when lines.refusal_reason is not null
                then 'rejected'
                when ranked.row_rank = 1
                then 'accepted'
                else 'duplicate'
            end as verdict,
            lines.refusal_reason,
            lines.refusal_field,
            lines.refusal_detail,
            false as gave_way,
            cast(null as string) as unknown_fields,
            lines.raw_text,
            lines.transcript_id,
            lines.content_id,
            lines.message_count,
            lines.unknown_words
        from lines
        left join ranked on ranked.is_new and {{ same_line("ranked", "lines") }}
    )

select *
from final
