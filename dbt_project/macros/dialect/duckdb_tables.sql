{# A table on DuckDB in one transaction and few statements. dbt's own materialization swaps names by calls of which each builds
   all of dbt's macros once more, and takes longer than the rows (docs/decisions.md). It has a name of its own, so that nobody
   else's tables are made by it. #}
{% materialization direct_table, adapter="duckdb", supported_languages=["sql"] %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set made = this.incorporate(type="table") -%}
    {%- set draft = make_intermediate_relation(made) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- set create = create_table_as(False, draft, sql) -%}
    {# No reader sees neither the last table nor the new one, and a kill leaves no draft. The last one goes when the new one is
       there, which may read it. #}
    {% call statement("main") -%}
        {{ create }};
        {%- if existing is not none %}
        drop {{ existing.type }} {{ existing }};
        {%- endif %}
        alter table {{ draft }} rename to {{ adapter.quote(made.identifier) }};
    {%- endcall %}
    {% do comment_at_once(made) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [made]}) }}
{% endmaterialization %}

{# All comments of a table in one statement. An enforced contract says which columns there are; else the adapter looks. #}
{% macro comment_at_once(relation) -%}
    {%- if not config.get("contract").enforced -%}
        {{ return(persist_docs(relation, model)) }}
    {%- endif -%}
    {%- set comments = [] -%}
    {%- if config.persist_relation_docs() and model.description -%}
        {%- do comments.append(alter_relation_comment(relation, model.description)) -%}
    {%- endif -%}
    {%- if config.persist_column_docs() -%}
        {%- for column in model.columns.values() -%}
            {%- set name = adapter.quote(column.name) if column.quote else column.name -%}
            {%- do comments.append("comment on column " ~ relation ~ "." ~ name ~ " is " ~ duckdb_escape_comment(column.description) ~ ";") -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if comments -%}
        {% call statement("comments") %}{{ comments | join("\n") }}{% endcall %}
    {%- endif -%}
{%- endmacro %}

{# dbt-duckdb's own writes the file's path into SQL as it is: a quote in the name of a folder would end the text. #}
{% macro duckdb__load_csv_rows(model, agate_table) -%}
    {%- set path = adapter.get_seed_file_path(model) -%}
    {%- if "'" not in path -%} {{ return(dbt.duckdb__load_csv_rows(model, agate_table)) }} {%- endif -%}
    {%- set sql -%}
        copy {{ this }} from {{ dbt.string_literal(path | replace("'", "''")) }} (format csv, header true, delimiter ',')
    {%- endset -%}
    {%- do adapter.add_query(sql, abridge_sql_log=True) -%}
    {{ return(sql) }}
{%- endmacro %}
