{# The run's instant, what earlier runs have left, and what this one builds again. #}

{# The run's instant (spec §4.1). Models ask for it here and never ask the engine's clock. #}
{% macro as_of() -%} (select as_of from {{ ref("int_run") }}) {%- endmacro %}

{# A table as an earlier run left it, by name, without making this model depend on it; none before the first run. #}
{% macro previous_relation(schema, name) -%}
    {{ return(adapter.get_relation(target.database, schema, name) if execute) }}
{%- endmacro %}

{# What an earlier run noted as built, where this run adds to it; none where all is built from nothing. #}
{% macro builds_to_add_to() -%}
    {{ return(previous_relation("intermediate", "int_conversation_build_log") if adds_to_tables()) }}
{%- endmacro %}

{# Query: the last batch that brought something to a conversation of the last build that was completed; '' before it. #}
{% macro last_built_batch() -%}
    {%- set builds = builds_to_add_to() -%}
    {{ "select coalesce(max(batch_id), '') from " ~ builds if builds else "select ''" }}
{%- endmacro %}

{# Whole conversations are rebuilt, never patched: a late record can make an event appear, move or vanish. #}

{# Incremental strategy `rebuild`: in one transaction, what the listed conversations had goes and what they now have
   comes. The list is the model named by `meta.rebuilds`; it has the columns source and conversation_id, or the one that
   `meta.key` names. A model may rebuild others, too. #}
{% macro get_incremental_rebuild_sql(arg_dict) -%}
    {%- set columns = arg_dict["dest_columns"] | map(attribute="quoted") | join(", ") -%}
    {%- set key = "source, " ~ model.config.meta.get("key", "conversation_id") -%}
    {%- set list = api.Relation.create(database=this.database, schema="intermediate", identifier=model.config.meta.rebuilds) -%}
    delete from {{ arg_dict["target_relation"] }}
    where ({{ key }}) in (
        select {{ key }} from {{ list }}
        union all
        select {{ key }} from {{ arg_dict["temp_relation"] }}
    );

    insert into {{ arg_dict["target_relation"] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict["temp_relation"] }};
{%- endmacro %}

{# Condition for a model's inputs: all rows when it is built from nothing, else those of the listed conversations. #}
{% macro of_conversations_in(list) -%} {{ listed_in(list, "conversation_id") }} {%- endmacro %}

{% macro listed_in(list, key) -%}
    {%- if is_incremental() -%}
        (source, {{ key }}) in (select source, {{ key }} from {{ list }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
