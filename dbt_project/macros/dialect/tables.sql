{# Drop what a killed run left under a name of the adapter's: it makes a table or view beside the last one, swaps the names,
   commits, and only then drops the last one. The publication would take that for a table of the project. #}
{% macro drop_leftovers() -%}
    {%- set leftovers -%}
        select table_schema, table_name, case table_type when 'VIEW' then 'view' else 'table' end
        from information_schema.tables
        where table_catalog = current_database() and regexp_matches(table_name, '__dbt_(backup|tmp[0-9]*)$')
    {%- endset -%}
    {%- if execute -%}
        {%- for schema, name, type in run_query(leftovers).rows -%}
            {%- set relation = api.Relation.create(database=target.database, schema=schema, identifier=name, type=type) -%}
            {%- do adapter.drop_relation(relation) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{# The rows of a statement as a temporary relation of this model's connection, by its name; none where there are no rows. #}
{% macro temporary_rows(name, statement) -%}
    {%- if not execute %}{{ return(none) }}{% endif -%}
    {%- do run_query("create or replace temporary table " ~ name ~ " as " ~ statement) -%}
    {{ return(name if run_query("select 1 from " ~ name ~ " limit 1").rows | length > 0 else none) }}
{%- endmacro %}
