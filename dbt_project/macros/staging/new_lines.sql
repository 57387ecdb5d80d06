{# Rows of a table of the raw store that came after a batch (text; none for all of them). Files of older batches are not
   even opened: `last_batch` is known from a file's name. #}
{% macro rows_after(relation, batch) -%}
    select * from {{ relation }}
    {%- if batch %} where last_batch > {{ quoted(batch) }} and batch_id > {{ quoted(batch) }}{% endif %}
{%- endmacro %}

{# The lines of a feed that stg_<feed> does not hold yet. #}
{% macro new_lines(feed) -%}
    select {{ line_columns() | join(", ") }}
    from ({{ rows_after(source("raw", feed), last_batch_in("stg_" ~ feed)) }}) as lines
{%- endmacro %}

{# The log records that transcripts were expanded to (spec §2.2) and that stg_transcript_records does not hold yet, with the
   columns of `new_lines` and those that tell a transcript's records from each other. #}
{% macro new_transcript_records() -%}
    select
        batch_id, ingested_at, source, file_path, line_number, document as raw_text, document,
        cast(null as string) as problem, is_erased, cast(null as bigint) as editor_line,
        erased_category, cast(null as string) as unknown_fields,
        false as gave_way,
        transcript_id, record_index, time_from_start
    from ({{ rows_after(source("raw", "transcript_records"), last_batch_in("stg_transcript_records")) }}) as records
{%- endmacro %}

{# The columns of a line before it is opened. `records`: and of a transcript's record. #}
{% macro line_columns(records=false) -%}
    {{ return([
        "batch_id", "ingested_at", "source", "file_path", "line_number", "raw_text", "document", "problem", "is_erased",
        "editor_line", "erased_category", "unknown_fields", "gave_way",
    ] + (["transcript_id", "record_index", "time_from_start"] if records else [])) }}
{%- endmacro %}

{# The latest batch that a staging model holds, as an earlier run left it; none where it is built from nothing. #}
{% macro last_batch_in(model) -%}
    {%- set staged = previous_relation("staging", model) if adds_to_tables() -%}
    {{ return(run_query("select coalesce(max(batch_id), '') from " ~ staged).rows[0][0] if staged) }}
{%- endmacro %}

{# The columns that identify a line within its feed. #}
{% macro line_key() -%} {{ return(["batch_id", "file_path", "line_number"]) }} {%- endmacro %}
