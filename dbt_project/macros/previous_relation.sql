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
