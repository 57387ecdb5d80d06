{# How tables are made in DuckDB, with as few statements as it takes. #}

{# A table is replaced within one transaction: the adapter's own way builds it under another name, renames both and drops
   the old one afterwards, which for most of our tables costs more than their rows do. A model that reads its own last
   table must be incremental. #}
{% materialization table, adapter="duckdb", supported_languages=["sql"] -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type="table") -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- do adapter.ensure_transaction() -%}
    {%- if existing is not none -%}
        {%- do adapter.drop_relation(existing) -%}
    {%- endif -%}
    {% call statement("main") -%}
        {{ create_table_as(False, target_relation, compiled_code) }}
    {%- endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do persist_docs(target_relation, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [target_relation]}) }}
{%- endmaterialization %}

{# Comments on a relation and its columns in one go. Where the contract is enforced, the columns are those declared, and
   need not be asked for. #}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- if not config.get("contract").enforced -%}
        {{ return(default__persist_docs(relation, model, for_relation, for_columns)) }}
    {%- endif -%}
    {%- set statements = [] -%}
    {%- if for_relation and config.persist_relation_docs() and model.description -%}
        {%- do statements.append("comment on " ~ relation.type ~ " " ~ relation ~ " is " ~ duckdb_escape_comment(model.description)) -%}
    {%- endif -%}
    {%- if for_columns and config.persist_column_docs() -%}
        {%- for column in model.columns.values() -%}
            {%- do statements.append("comment on column " ~ relation ~ "." ~ adapter.quote(column.name) ~ " is " ~ duckdb_escape_comment(column.description)) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if statements -%}
        {%- do run_query(statements | join("; ")) -%}
    {%- endif -%}
{%- endmacro %}

{# The rows of a statement as a temporary relation of this model's connection, by its name; none where there are no rows. #}
{% macro temporary_rows(name, statement) -%}
    {%- if not execute %}{{ return(none) }}{% endif -%}
    {%- do run_query("create or replace temporary table " ~ name ~ " as " ~ statement) -%}
    {{ return(name if run_query("select 1 from " ~ name ~ " limit 1").rows | length > 0 else none) }}
{%- endmacro %}
