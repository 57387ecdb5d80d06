{# What dbt's adapter for Spark does otherwise than our tables need. #}

{# A seed as Spark itself reads its file: dbt takes the text null for a blank cell, and the adapter's session writes a blank
   cell as the text None. One file is written, whose rows have their places (`file_position`). #}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set types = model["config"].get("column_types", {}) -%}
    {%- set path = model.root_path ~ "/" ~ model.original_file_path -%}
    {%- set file = caw.spark_view_name("file") -%}
    {%- do run_query("create or replace temporary view " ~ file ~ " using csv options (path " ~ caw.quoted(path) ~ ", header 'true', escape '\"', multiLine 'true')") -%}
    {%- set statement -%}
        insert into {{ this.render() }}
        select /*+ coalesce(1) */
            {%- for column in agate_table.column_names %}
            cast({{ column }} as {{ types.get(column, adapter.convert_type(agate_table, loop.index0)) }}){{ "," if not loop.last }}
            {%- endfor %}
        from {{ file }}
    {%- endset -%}
    {%- do adapter.add_query(statement, abridge_sql_log=True) -%}
    {{ return(statement) }}
{%- endmacro %}

{# A seed's table. One without rows has a file nonetheless, which has its columns: dbt loads rows only where there are some. #}
{% macro spark__create_csv_table(model, agate_table) -%}
    {%- set types = model["config"].get("column_types", {}) -%}
    {%- set statement -%}
        create table {{ this.render() }} (
            {%- for column in agate_table.column_names %}
            {{ column }} {{ types.get(column, adapter.convert_type(agate_table, loop.index0)) }}{{ "," if not loop.last }}
            {%- endfor %}
        )
        {{ file_format_clause() }}
    {%- endset -%}
    {%- do run_query(statement) -%}
    {%- if not agate_table.rows -%} {%- do load_csv_rows(model, agate_table) -%} {%- endif -%}
    {{ return(statement) }}
{%- endmacro %}

{# The types of a contract as Spark has them. #}
{% macro spark__get_empty_schema_sql(columns) -%}
    select
        {%- for column in columns.values() %}
        cast(null as {{ caw.spark_type(column["data_type"]) }}) as {{ adapter.quote(column["name"]) if column.get("quote") else column["name"] }}{{ ", " if not loop.last }}
        {%- endfor %}
{%- endmacro %}

{% macro spark_type(type) -%}
    {%- set type = type | lower | trim -%}
    {%- if type.endswith("[]") -%} array<{{ caw.spark_type(type[:-2]) }}>
    {%- elif type.startswith("struct(") -%}
        struct<
        {%- for field in modules.re.split(", (?![0-9])", type[7:-1]) -%}
            {%- set words = field.split(" ", 1) -%}
            {{ words[0] }}: {{ caw.spark_type(words[1]) }}{{ ", " if not loop.last }}
        {%- endfor -%}
        >
    {%- else -%}
        {{ {"varchar": "string", "timestamp with time zone": "timestamp", "timestamptz": "timestamp"}.get(type, type) }}
    {%- endif -%}
{%- endmacro %}

{# A contract's columns that may not be null: a Parquet table has no such constraint, so that the rows are looked at. #}
{% macro spark__persist_constraints(relation, model) -%}
    {%- set required = [] -%}
    {%- for column in model.columns.values() if column.constraints | selectattr("type", "equalto", "not_null") | list -%}
        {%- do required.append(column.name) -%}
    {%- endfor -%}
    {%- if config.get("contract").enforced and required -%}
        {%- set found = run_query(
            "select case " ~ caw.spark_each(required, "when {0} is null then '{0}'", " ") ~ " end as name from " ~ relation
            ~ " where " ~ caw.spark_each(required, "{0} is null", " or ") ~ " limit 1"
        ).rows -%}
        {%- if found -%}
            {{ exceptions.raise_compiler_error("Constraint Error: NOT NULL constraint failed: " ~ relation ~ "." ~ found[0][0]) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro spark_each(names, pattern, separator) -%}
    {%- for name in names -%} {{ pattern.format(name) }}{{ separator if not loop.last }} {%- endfor -%}
{%- endmacro %}

{# A text of a unit test within quotes: for Spark a backslash begins a sign, for DuckDB it is one. #}
{% macro spark__escape_single_quotes(expression) -%} {{ return(caw.quoted(expression)[1:-1]) }} {%- endmacro %}

{# A value of a unit test as its column's type. A text comes as a literal: of a list it has the elements as DuckDB writes them,
   and of an instant it may leave out the seconds. Lists and objects come as they are in the yml, whose brackets mean
   something else here. #}
{% macro spark__safe_cast(field, type) -%}
    {%- if field is not string -%} cast({{ caw.spark_value(field) }} as {{ type }})
    {%- elif type.startswith("array") and field.startswith("'") -%}
        from_json({{ modules.re.sub("\\bNULL\\b", "null", field) }}, '{{ type }}')
    {%- elif type.startswith("timestamp") -%} cast({{ modules.re.sub("( [0-9]{2}:[0-9]{2})(?=[Z'+-])", "\\1:00", field) }} as {{ type }})
    {%- else -%} cast({{ field }} as {{ type }})
    {%- endif -%}
{%- endmacro %}

{% macro spark_value(value) -%}
    {%- if value is none -%} null
    {%- elif value is string -%} {{ caw.quoted(value) }}
    {%- elif value is mapping -%}
        named_struct({% for name, part in value.items() %}{{ caw.quoted(name) }}, {{ caw.spark_value(part) }}{{ ", " if not loop.last }}{% endfor %})
    {%- elif value is sequence -%} array({% for one in value %}{{ caw.spark_value(one) }}{{ ", " if not loop.last }}{% endfor %})
    {%- else -%} {{ value }}
    {%- endif -%}
{%- endmacro %}
