{# Aggregates and comparisons whose names differ between engines. #}

{# The value at the greatest `order` where the value is not null. #}
{% macro value_at_greatest(value, order) -%} {{ return(adapter.dispatch("value_at_greatest", "caw")(value, order)) }} {%- endmacro %}
{% macro value_at_least(value, order) -%} {{ return(adapter.dispatch("value_at_least", "caw")(value, order)) }} {%- endmacro %}

{# Aggregate for a window: the first value of the frame that is not null. `last_value(… ignore nulls)` would search the
   frame of each row for it, back to its beginning where there is none. And `count(*) filter (…)` counts each frame from its start:
   write `count(case when … then 1 end)`. #}
{% macro first_known(value) -%} {{ return(adapter.dispatch("first_known", "caw")(value)) }} {%- endmacro %}

{% macro any_true(condition) -%} {{ return(adapter.dispatch("any_true", "caw")(condition)) }} {%- endmacro %}

{% macro record_of(columns) -%} {{ return(adapter.dispatch("record_of", "caw")(columns)) }} {%- endmacro %}

{# A column of a record, counted from 1. #}
{% macro field_of(record, number) -%} {{ return(adapter.dispatch("field_of", "caw")(record, number)) }} {%- endmacro %}

{% macro differs(left, right) -%} {{ return(adapter.dispatch("differs", "caw")(left, right)) }} {%- endmacro %}

{# The rows of the left side that find no like on the right one; of a `not exists`, DuckDB looks for its like first. #}
{% macro anti_join() -%} {{ return(adapter.dispatch("anti_join", "caw")()) }} {%- endmacro %}

{# The rows of the left side that find a like on the right one, each once. #}
{% macro semi_join() -%} {{ return(adapter.dispatch("semi_join", "caw")()) }} {%- endmacro %}

{# What a `from` names: each row of `left` with the one row of `right` that has its keys and is nearest to its instant, at
   or before it, or at or after it where `later`: in the time of a sort, where a plain join would make all pairs of a hot
   key. `right` has one row for each key and instant. Their columns are asked for by the names of the two, as after a join.
   left, right: [query in brackets or relation, name], or a name that is both. keys: columns of `left` -> of `right`.
   at: the instants' columns in `left` and `right`. all_rows: those of `left` that find nothing, too. #}
{% macro asof_joined(left, right, keys, at, later=false, all_rows=false) -%}
    {%- set left = [left, left] if left is string else left -%}
    {%- set right = [right, right] if right is string else right -%}
    {{ return(adapter.dispatch("asof_joined", "caw")(left, right, keys, at, later, all_rows)) }}
{%- endmacro %}

{# Whether a table may keep what an earlier run made and take this run's rows, or is made of everything each time. #}
{% macro adds_to_tables() -%} {{ return(adapter.dispatch("adds_to_tables", "caw")()) }} {%- endmacro %}

{# The place of a row in the file that a seed was loaded from. #}
{% macro file_position() -%} {{ return(adapter.dispatch("file_position", "caw")()) }} {%- endmacro %}

{# Rows of a query as dictionaries of texts, of columns that are texts. dbt reads a text such as null or 007 as something
   else: each is brought out with a mark before it. #}
{% macro texts_of(statement, columns) -%}
    {%- set found = [] -%}
    {%- set marked -%}
        select {% for column in columns %}'=' || {{ column }} as {{ column }}{{ ", " if not loop.last }}{% endfor %} from ({{ statement }}) as texts
    {%- endset -%}
    {%- for row in run_query(marked).rows -%}
        {%- set texts = {} -%}
        {%- for column in columns %}{% do texts.update({column: row[column][1:] if row[column] else none}) %}{% endfor -%}
        {%- do found.append(texts) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{# A stable text of the given columns, in which a null differs from a blank, for comparing rows across runs. #}
{% macro content_of(columns) -%} {{ return(adapter.dispatch("content_of", "caw")(columns)) }} {%- endmacro %}

{# A number for the values of columns: equal for equal ones. #}
{% macro hash_of(columns) -%} {{ return(adapter.dispatch("hash_of", "caw")(columns)) }} {%- endmacro %}

{# The sum of the rows' hashes, each as often as `times` says: equal for rows that are equal in any order, and else unequal
   but for one case in 2 to the 64th. #}
{% macro sum_of_hashes(columns, times="1") -%} {{ return(adapter.dispatch("sum_of_hashes", "caw")(columns, times)) }} {%- endmacro %}

{# A CTE that is computed once, however often it is named. #}
{% macro materialized() -%} {{ return(adapter.dispatch("materialized", "caw")()) }} {%- endmacro %}

{# A CTE that is computed where it is named, each time, so that only the columns asked for are. #}
{% macro not_materialized() -%} {{ return(adapter.dispatch("not_materialized", "caw")()) }} {%- endmacro %}

{# Query: how far each of `edges`, a query of (source, profile_id, target), leads, and the smallest id on the way: source,
   profile_id, target, smallest. Pointers are doubled: each round goes twice as far, and only those go on that have not
   come to an end. Whoever has gone as many steps as there are edges goes round in a cycle. #}
{% macro doubled_pointers(edges) -%} {{ return(adapter.dispatch("doubled_pointers", "caw")(edges)) }} {%- endmacro %}
