{# A table as an earlier run left it, by name, without making this model depend on it; none before the first run. #}
{% macro built_relation(schema, name) -%}
    {{ return(adapter.get_relation(target.database, schema, name) if execute) }}
{%- endmacro %}
