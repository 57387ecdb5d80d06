{# Whole conversations are rebuilt, never patched: a late record can make an event appear, move or vanish. #}

{# Incremental strategy `rebuild`: in one transaction, what the listed conversations had goes and what they now have
   comes. The list is the model named by `meta.rebuilds`; it has the columns source and conversation_id. A model may make
   others anew, too. #}
{% macro get_incremental_rebuild_sql(arg_dict) -%}
    {%- set columns = arg_dict["dest_columns"] | map(attribute="quoted") | join(", ") -%}
    delete from {{ arg_dict["target_relation"] }}
    where (source, conversation_id) in (
        select (source, conversation_id) from {{ rebuilt_conversations() }}
        union all
        select (source, conversation_id) from {{ arg_dict["temp_relation"] }}
    );

    insert into {{ arg_dict["target_relation"] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict["temp_relation"] }};
{%- endmacro %}

{% macro rebuilt_conversations() -%}
    {{ return(api.Relation.create(database=this.database, schema="intermediate", identifier=model.config.meta.rebuilds)) }}
{%- endmacro %}

{# Condition for a model's inputs: all rows when it is built from nothing, else those of the listed conversations. #}
{% macro of_conversations_in(list) -%}
    {%- if is_incremental() -%}
        (source, conversation_id) in (select (source, conversation_id) from {{ list }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
