{# The raw store, as DuckDB reads it. #}

{% macro data_dir() -%} {{ env_var('CAW_DATA_DIR') }} {%- endmacro %}

{% macro quoted(text) -%} '{{ text | replace("'", "''") }}' {%- endmacro %}

{% macro parquet_rows(pattern) -%}
    read_parquet({{ quoted(data_dir() ~ '/' ~ pattern) }}, hive_partitioning = false)
{%- endmacro %}

{# Rows of a folder of the store (one Parquet file, or one folder of them, per batch) that came after the batch `seen`
   (SQL text; null for all). The list of files is made when the statement is, so that old batches are not even opened. #}
{% macro parquet_rows_after(folder, seen) -%}
    {%- set everything = data_dir() ~ '/' ~ folder ~ '/**/*.parquet' -%}
    {%- set files = [] -%}
    {%- if execute and seen is not none -%}
        {%- set listing -%}
            select file from glob({{ quoted(everything) }})
            where regexp_extract(file, '([0-9]{8})(/[^/]*)?(\.parquet)?$', 1) > {{ quoted(seen) }}
                or regexp_extract(file, '([0-9]{8})(/[^/]*)?(\.parquet)?$', 1) = '00000000'
            order by file
        {%- endset -%}
        {%- for row in run_query(listing).rows %}{% do files.append(quoted(row[0])) %}{% endfor -%}
        read_parquet([{{ files | join(", ") }}], hive_partitioning = false)
    {%- else -%}
        read_parquet({{ quoted(everything) }}, hive_partitioning = false)
    {%- endif -%}
{%- endmacro %}
