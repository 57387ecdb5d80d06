{# The raw store's files, as DuckDB reads them. #}

{% macro data_dir() -%} {{ env_var('CAW_DATA_DIR') }} {%- endmacro %}

{% macro quoted(text) -%} '{{ text | replace("'", "''") }}' {%- endmacro %}

{# Query: the rows of files of the data dir. #}
{% macro raw_files(pattern) -%}
    select * from read_parquet({{ quoted(data_dir() ~ "/" ~ pattern) }}, hive_partitioning = false)
{%- endmacro %}

{# Query: the rows of a folder of batches (one Parquet file, or one folder of them, each), with `last_batch`, the number of
   the last batch in the row's file: a condition on it is held against the files' names. Batches that were compacted into
   one have the first one's and the last one's number in their name. The latest stand first, as the planner judges all
   files by the first, and the empty batch 0 would mislead it. #}
{% macro raw_batches(folder) -%}
    {%- set files = [] -%}
    {%- for row in run_query("select file from glob(" ~ quoted(data_dir() ~ "/" ~ folder ~ "/**/*.parquet") ~ ") order by file desc").rows -%}
        {%- do files.append(quoted(row[0])) -%}
    {%- endfor -%}
    select * exclude (filename), regexp_extract(filename, '([0-9]{8})(/[^/]*)?(\.parquet)?$', 1) as last_batch
    from read_parquet([{{ files | join(", ") }}], hive_partitioning = false, filename = true)
{%- endmacro %}
