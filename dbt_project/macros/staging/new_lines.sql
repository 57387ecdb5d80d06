{# Rows of a table of the raw store that came after a batch (text; none for all of them). Files of older batches are not
   even opened: `last_batch` is known from a file's name. #}
{% macro rows_after(relation, batch) -%}
    select * from {{ relation }}
    {%- if batch %} where last_batch > {{ quoted(batch) }} and batch_id > {{ quoted(batch) }}{% endif %}
{%- endmacro %}

{# The lines of a feed that stg_<feed> does not hold yet, and the records that are made of other feeds' lines and that
   stg_expanded_<feed> does not hold yet, if any are. #}
{% macro new_lines(feed) -%}
    {%- set lines -%}
    select {{ line_columns() | join(", ") }}
    from ({{ rows_after(source("raw", feed), last_batch_in("stg_" ~ feed)) }}) as lines
    {%- endset -%}
    {%- if is_expanded_into(feed) -%}
    select
        *,
        cast(null as string) as expanded_from,
        cast(null as string) as object_id,
        cast(null as string) as part,
        cast(null as bigint) as record_index,
        false as time_from_start,
        cast(null as string) as placement
    from ({{ lines }}) as landed
    union all
    {{ new_expanded_records(feed) }}
    {%- else -%} {{ lines }}
    {%- endif -%}
{%- endmacro %}

{# The columns of a line before it is opened; of a feed of which records are made, those of its records, too. #}
{% macro line_columns(feed=none) -%}
    {{ return([
        "batch_id", "ingested_at", "source", "file_path", "line_number", "raw_text", "document", "problem", "is_erased",
        "editor_line", "erased_category", "unknown_fields", "gave_way",
    ] + (origin_columns() if feed and is_expanded_into(feed) else [])) }}
{%- endmacro %}

{# The latest batch that a staging model holds, as an earlier run left it; none where it is built from nothing. #}
{% macro last_batch_in(model) -%}
    {%- set staged = previous_relation("staging", model) if adds_to_tables() -%}
    {{ return(run_query("select coalesce(max(batch_id), '') from " ~ staged).rows[0][0] if staged) }}
{%- endmacro %}

{# The columns that identify a line within its feed. #}
{% macro line_key() -%} {{ return(["batch_id", "file_path", "line_number"]) }} {%- endmacro %}

{# Condition: a row of each of two relations is of the same line. #}
{% macro same_line(left, right) -%}
    {%- for column in line_key() %}{{ left }}.{{ column }} = {{ right }}.{{ column }}{{ " and " if not loop.last }}{% endfor -%}
{%- endmacro %}

{# Select list items: columns of a relation. #}
{% macro qualified(columns, relation) -%}
    {%- for column in columns %}{{ relation }}.{{ column }}{{ ", " if not loop.last }}{% endfor -%}
{%- endmacro %}
