{# How tables and views are made on DuckDB, in few statements: the adapter's own way swaps names by calls of which each builds
   all of dbt's macros once more, and takes longer than the rows. A team's dbt project keeps the adapter's way. #}

{% materialization table, adapter="duckdb", supported_languages=["sql"] %} {{ return(made_anew("table")) }} {% endmaterialization %}

{% materialization view, adapter="duckdb", supported_languages=["sql"] %} {{ return(made_anew("view")) }} {% endmaterialization %}

{% materialization incremental, adapter="duckdb", supported_languages=["sql"] %}
    {%- set existing = load_cached_relation(this) -%}
    {%- if existing is none or existing.is_view or should_full_refresh() -%}
        {{ return(made_anew("table")) }}
    {%- endif -%}
    {{ return(dbt.materialization_incremental_duckdb()) }}
{% endmaterialization %}

{# A model's table or view in one transaction: no reader sees neither the last nor the new one, and a kill leaves no draft. The
   last one goes when the new one is there, which may read it. #}
{% macro made_anew(type) -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set made = this.incorporate(type=type) -%}
    {%- set draft = make_intermediate_relation(made) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- set create = get_create_view_as_sql(draft, sql) if type == "view" else create_table_as(False, draft, sql) -%}
    {% call statement("main") -%}
        {{ create }};
        {%- if existing is not none %}
        drop {{ existing.type }} {{ existing }};
        {%- endif %}
        alter {{ type }} {{ draft }} rename to {{ adapter.quote(made.identifier) }};
    {%- endcall %}
    {% do persist_docs(made, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [made]}) }}
{%- endmacro %}

{# All comments of a relation in one statement. An enforced contract says which columns there are; else the adapter looks. #}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- if not config.get("contract").enforced -%}
        {{ return(default__persist_docs(relation, model, for_relation, for_columns)) }}
    {%- endif -%}
    {%- set comments = [] -%}
    {%- if for_relation and config.persist_relation_docs() and model.description -%}
        {%- do comments.append(alter_relation_comment(relation, model.description)) -%}
    {%- endif -%}
    {%- if for_columns and config.persist_column_docs() -%}
        {%- for column in model.columns.values() -%}
            {%- set name = adapter.quote(column.name) if column.quote else column.name -%}
            {%- do comments.append("comment on column " ~ relation ~ "." ~ name ~ " is " ~ duckdb_escape_comment(column.description) ~ ";") -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if comments -%}
        {% call statement("comments") %}{{ comments | join("\n") }}{% endcall %}
    {%- endif -%}
{%- endmacro %}
