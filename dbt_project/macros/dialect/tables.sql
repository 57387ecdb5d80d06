{# Drop what a killed run left under a name of the adapter's: it makes a table or view beside the last one, swaps the names,
   commits, and only then drops the last one. The publication would take that for a table of the project. #}
{% macro drop_leftovers() -%} {{ return(adapter.dispatch("drop_leftovers", "caw")()) }} {%- endmacro %}

{# The rows of a statement as a temporary relation of this model's connection, by its name; none where there are no rows. #}
{% macro temporary_rows(name, statement) -%} {{ return(adapter.dispatch("temporary_rows", "caw")(name, statement)) }} {%- endmacro %}
