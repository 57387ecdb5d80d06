{# What dbt looks for in the root project alone, and takes from the package caw. #}

{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ caw.generate_schema_name(custom_schema_name, node) }}
{%- endmacro %}
