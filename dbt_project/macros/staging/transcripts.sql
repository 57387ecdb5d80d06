{# Transcripts: lines that expanded to log records (spec §2.2). #}

{# The records that lines of transcripts expanded to, as rows that `staged_lines` types: those of `rows` whose line is in
   the relation `transcripts`. #}
{% macro record_lines(rows, transcripts) -%}
select
    records.batch_id,
    records.ingested_at,
    records.source,
    records.file_path,
    records.line_number,
    records.record_index,
    records.time_from_start,
    transcripts.transcript_id,
    records.document as raw_text,
    records.document,
    cast(null as varchar) as problem,
    records.is_erased,
    cast(null as bigint) as editor_line,
    records.erased_category
from {{ rows }} as records
inner join {{ transcripts }} as transcripts using (batch_id, file_path, line_number)
{%- endmacro %}

{# The new transcripts that share id and number of messages with another one, new or accepted before, whose records are
   written differently, and those others, as a temporary relation; none where there are none, which is the rule. Only
   their records need be typed to know which say the same. `versions` is the text of a select of new and old ones. #}
{% macro contested_transcripts(versions) -%}
    {%- set statement -%}
        with versions as ({{ versions }}),

        contested as (
            select source, transcript_id, message_count
            from versions
            group by source, transcript_id, message_count
            having count(distinct content_id) > 1 and {{ any_true("is_new") }}
        )

        select {{ line_place() | join(", ") }}, transcript_id
        from versions
        inner join contested using (source, transcript_id, message_count)
    {%- endset -%}
    {{ return(temporary_rows("contested__chat_transcripts", statement)) }}
{%- endmacro %}

{# CTEs, the last of them `contents`: one row per contested transcript with records, and its `content`, equal for those
   whose typed records are equal and whose refused ones read the same. #}
{% macro transcript_contents(contested) -%}
contested_records as ({{ record_lines(parquet_rows("expanded/records/**/*.parquet"), contested) }}),

{{ staged_lines("conversation_log", "contested_records") }},

typed_records as (
    select
        batch_id,
        file_path,
        line_number,
        time_from_start,
        refusal,
        case when refusal is not null then raw_text end as refused_text,
        {{ typed_columns("conversation_log") }}
    from checked
),

contents as (
    select
        batch_id,
        file_path,
        line_number,
        {{ content_of([sorted_distinct(list_agg(content_of(["time_from_start", "refusal", "refused_text"] + typed_column_names("conversation_log"))))]) }}
            as content
    from typed_records
    group by batch_id, file_path, line_number
)
{%- endmacro %}
