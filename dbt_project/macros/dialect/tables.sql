{# Drop what a killed run left under a name of the adapter's, which makes the tables of a team's dbt project: a table or view
   next to the last one, whose name it swaps, commits, and only then drops. The publication would take that for a table of the
   project. #}
{% macro drop_leftovers() -%} {{ return(adapter.dispatch("drop_leftovers", "caw")()) }} {%- endmacro %}

{# Runs statements that give no rows, in their order: together where the engine takes several at once. #}
{% macro run_statements(statements) -%} {{ return(adapter.dispatch("run_statements", "caw")(statements)) }} {%- endmacro %}

{# Materialization of a model of what no log can give back: a run adds to what the ones before it left. #}
{% macro as_history() -%} {{ return(adapter.dispatch("as_history", "caw")()) }} {%- endmacro %}

{# Materialization of a model whose rows are all made again by each run: a table. #}
{% macro as_table() -%} {{ return(adapter.dispatch("as_table", "caw")()) }} {%- endmacro %}

{# Materialization of a model whose rows are made for whoever asks: a view, where the engine's can be published. #}
{% macro as_view() -%} {{ return(adapter.dispatch("as_view", "caw")()) }} {%- endmacro %}

{# The rows of a statement as a temporary relation of this model's connection, by its name; none where there are no rows. #}
{% macro temporary_rows(name, statement) -%} {{ return(adapter.dispatch("temporary_rows", "caw")(name, statement)) }} {%- endmacro %}

{# A table of what no log can give back, as the last run that was completed left it; none before the first. #}
{% macro kept_history(table) -%} {{ return(adapter.dispatch("kept_history", "caw")(table)) }} {%- endmacro %}

{# What this model's table had, where the table is rebuilt; none where it is added to. #}
{% macro other_history() -%} {{ return(adapter.dispatch("other_history", "caw")()) }} {%- endmacro %}

{# The end of a query of the changed rows of such a table: what stays of the table before, where the table is rebuilt. #}
{% macro unchanged_history(before, changed, key) -%} {{ return(adapter.dispatch("unchanged_history", "caw")(before, changed, key)) }} {%- endmacro %}
