{# The raw store, as DuckDB reads it. #}

{% macro data_dir() -%} {{ env_var('CAW_DATA_DIR') }} {%- endmacro %}

{% macro quoted(text) -%} '{{ text | replace("'", "''") }}' {%- endmacro %}

{% macro parquet_rows(pattern) -%}
    read_parquet({{ quoted(data_dir() ~ '/' ~ pattern) }}, hive_partitioning = false)
{%- endmacro %}

{# Rows of a folder of the store (one Parquet file, or one folder of them, per batch) that came after the batch `seen`
   (SQL text; none for all). The list of files is made when the statement is, so that old batches are not even opened;
   the latest stand first, as the planner judges them all by the first and the empty batch 0 would mislead it. #}
{% macro parquet_rows_after(folder, seen) -%}
    {%- set files = [] -%}
    {%- for file in files_after(folder, seen) + files_of_batch_0(folder) %}{% do files.append(quoted(file)) %}{% endfor -%}
    {%- set rows = "read_parquet([" ~ files | join(", ") ~ "], hive_partitioning = false)" -%}
    {{ "(select * from " ~ rows ~ " where batch_id > " ~ quoted(seen) ~ ")" if seen else rows }}
{%- endmacro %}

{# Files of a folder that may hold rows of batches after `seen`, the latest first. Batches that were compacted into one
   have the last one's number in its name, so that their rows are asked, too. #}
{% macro files_after(folder, seen) -%}
    {{ return(listed_files(folder, file_batch() ~ " > " ~ quoted(seen or "") ~ " and " ~ file_batch() ~ " <> '00000000'")) }}
{%- endmacro %}

{% macro files_of_batch_0(folder) -%} {{ return(listed_files(folder, file_batch() ~ " = '00000000'")) }} {%- endmacro %}

{% macro file_batch() -%} regexp_extract(file, '([0-9]{8})(/[^/]*)?(\.parquet)?$', 1) {%- endmacro %}

{% macro listed_files(folder, condition) -%}
    {%- set files = [] -%}
    {%- if execute -%}
        {%- set everything = data_dir() ~ "/" ~ folder ~ "/**/*.parquet" -%}
        {%- set listing = "select file from glob(" ~ quoted(everything) ~ ") where " ~ condition ~ " order by file desc" -%}
        {%- for row in run_query(listing).rows %}{% do files.append(row[0]) %}{% endfor -%}
    {%- endif -%}
    {{ return(files) }}
{%- endmacro %}
