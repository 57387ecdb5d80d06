{# Aggregates and comparisons whose names differ between engines. #}

{# The value at the greatest `order` where the value is not null. #}
{% macro value_at_greatest(value, order) -%} arg_max({{ value }}, {{ order }}) {%- endmacro %}
{% macro value_at_least(value, order) -%} arg_min({{ value }}, {{ order }}) {%- endmacro %}

{# Aggregate for a window: the first value of the frame that is not null. `last_value(… ignore nulls)` would search the
   frame of each row for it, back to its beginning where there is none. And `count(*) filter (…)` counts each frame anew:
   write `count(case when … then 1 end)`. #}
{% macro first_known(value) -%} any_value({{ value }}) {%- endmacro %}

{% macro any_true(condition) -%} coalesce(bool_or({{ condition }}), false) {%- endmacro %}

{% macro record_of(columns) -%} row({{ columns | join(", ") }}) {%- endmacro %}

{# A column of a record, counted from 1. #}
{% macro field_of(record, number) -%} {{ record }}[{{ number }}] {%- endmacro %}

{% macro differs(left, right) -%} ({{ left }} is distinct from {{ right }}) {%- endmacro %}

{# The rows of the left side that find no like on the right one; of a `not exists`, DuckDB looks for its like first. #}
{% macro anti_join() -%} anti join {%- endmacro %}

{# The rows of the left side that find a like on the right one, each once. #}
{% macro semi_join() -%} semi join {%- endmacro %}

{# Each row of the left side with the one row of the right that has its keys and is nearest to its instant on the side that
   the last condition names: in the time of a sort, where a plain join would make all pairs of a hot key. The right side
   has one row for each key and instant. #}
{% macro asof_join() -%} asof join {%- endmacro %}
{% macro left_asof_join() -%} asof left join {%- endmacro %}

{# The place of a row in the file that a seed was loaded from. #}
{% macro file_position() -%} rowid {%- endmacro %}

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

{# A stable text of the given columns, nulls told apart, for comparing rows across runs. #}
{% macro content_of(columns) -%} md5(cast(to_json(row({{ columns | join(", ") }})) as varchar)) {%- endmacro %}

{# A number for the values of columns: equal for equal ones. #}
{% macro hash_of(columns) -%} hash({{ columns | join(", ") }}) {%- endmacro %}

{# The sum of the rows' hashes, each as often as `times` says: equal for rows that are equal in any order, and else unequal
   but for one case in 2 to the 64th. #}
{% macro sum_of_hashes(columns, times="1") -%} sum(cast({{ hash_of(columns) }} as hugeint) * {{ times }}) {%- endmacro %}

{# A CTE that is computed once, however often it is named. #}
{% macro materialized() -%} materialized {%- endmacro %}

{# A CTE that is computed where it is named, each time, so that only the columns asked for are. #}
{% macro not_materialized() -%} not materialized {%- endmacro %}
