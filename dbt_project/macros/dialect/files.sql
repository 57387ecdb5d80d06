{# The raw store, as DuckDB reads it. #}

{% macro data_dir() -%} {{ target.path.rpartition("/")[0] }} {%- endmacro %}

{% macro quoted(text) -%} '{{ text | replace("'", "''") }}' {%- endmacro %}

{% macro parquet_rows(pattern) -%}
    read_parquet({{ quoted(data_dir() ~ '/' ~ pattern) }}, hive_partitioning = false)
{%- endmacro %}

{# Rows of a folder of the store (one Parquet file, or one folder of them, per batch) that came after the batch `seen`
   (SQL text; none for all). #}
{% macro parquet_rows_after(folder, seen) -%} {{ parquet_rows_of(files_after(folder, seen), seen) }} {%- endmacro %}

{# The same of files that were listed. #}
{% macro parquet_rows_of(files, seen) -%}
    {%- set paths = [] -%}
    {%- for one in files %}{% do paths.append(quoted(one.file)) %}{% endfor -%}
    {%- set rows = "read_parquet([" ~ paths | join(", ") ~ "], hive_partitioning = false)" -%}
    {{ "(select * from " ~ rows ~ " where batch_id > " ~ quoted(seen) ~ ")" if seen else rows }}
{%- endmacro %}

{# Files of a folder that may hold rows of batches after `seen`, and the empty batch 0's, each with whether it is another's.
   The list is made when the statement is, so that old batches are not even opened; the latest stand first, as the planner
   judges them all by the first and batch 0 would mislead it. Batches that were compacted into one have the last one's
   number in its name, so that their rows are asked, too. #}
{% macro files_after(folder, seen) -%}
    {%- set files = [] -%}
    {%- if execute -%}
        {%- set everything = data_dir() ~ "/" ~ folder ~ "/**/*.parquet" -%}
        {%- set batch = "regexp_extract(file, '([0-9]{8})(/[^/]*)?(\\.parquet)?$', 1)" -%}
        {%- set listing -%}
            select file, {{ batch }} <> '00000000' as is_new from glob({{ quoted(everything) }})
            where {{ batch }} > {{ quoted(seen or "") }} or {{ batch }} = '00000000'
            order by file desc
        {%- endset -%}
        {%- for row in run_query(listing).rows %}{% do files.append({"file": row[0], "is_new": row[1]}) %}{% endfor -%}
    {%- endif -%}
    {{ return(files) }}
{%- endmacro %}

{# Whether listed files are of batches that are new: where none is, which is what most feeds bring to most runs, nothing
   need be planned. #}
{% macro bring_rows(files) -%} {{ return(files | selectattr("is_new") | list | length > 0) }} {%- endmacro %}
