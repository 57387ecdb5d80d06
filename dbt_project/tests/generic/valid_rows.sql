{# Validates a table's rows: one test a table instead of one a column, as every test costs a query's start.

   grain: the columns that name a row: never null, and no two rows with the same.
   words: by column, the only values it may have, null aside.
   rules: by sentence, a condition that no row breaks; a row for which it is unknown does not.
   parents: relations in which every row finds its like, as {columns, to, to_columns (columns if not given), where
   (only these rows)}; a row with a null among the columns asks for none.
   Fails with one row per broken rule: the rule, and how many rows break it (keys, where the rule is the grain). #}
{% test valid_rows(model, grain, words={}, rules={}, parents=[]) -%}
    {%- set checks = [] -%}
    {%- for column in grain -%}
        {%- do checks.append((column ~ " is never null", column ~ " is null")) -%}
    {%- endfor -%}
    {%- for column, accepted in words.items() -%}
        {%- set list = accepted | map("string") | map("replace", "'", "''") | join("', '") -%}
        {%- do checks.append((column ~ " is one of " ~ accepted | join(", "), column ~ " not in ('" ~ list ~ "')")) -%}
    {%- endfor -%}
    {%- for sentence, condition in rules.items() -%}
        {%- do checks.append((sentence, "not (" ~ condition ~ ")")) -%}
    {%- endfor -%}
with counts as (
    select
        {%- for sentence, broken in checks %}
        count(*) filter (where {{ broken }}) as check_{{ loop.index }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ model }}
),

repeated as (
    select count(*) as grain_keys
    from (
        select 1 from {{ model }}
        where {{ hash_of(grain) }} in (  -- numbers are counted in half the time of names, and hardly one repeats
            select {{ hash_of(grain) }} from {{ model }} group by {{ hash_of(grain) }} having count(*) > 1
        )
        group by {{ grain | join(", ") }} having count(*) > 1
    )
)

{% for sentence, broken in checks -%}
select {{ quoted(sentence) }} as broken_rule, check_{{ loop.index }} as row_count from counts where check_{{ loop.index }} > 0
union all
{% endfor -%}
{% for parent in parents -%}
{% set theirs = parent.get("to_columns", parent.columns) -%}
select {{ quoted("every " ~ parent.columns | join(", ") ~ " is in " ~ parent.to.identifier) }} as broken_rule, count(*) as row_count
from {{ model }} as child
{{ anti_join() }} {{ parent.to }} as parent
    on {% for column in parent.columns %}parent.{{ theirs[loop.index0] }} = child.{{ column }}{{ " and " if not loop.last }}{% endfor %}
where {{ parent.get("where", "true") }}
    {%- for column in parent.columns %}
    and child.{{ column }} is not null
    {%- endfor %}
having count(*) > 0
union all
{% endfor -%}
select {{ quoted("no two rows with the same " ~ grain | join(", ")) }} as broken_rule, grain_keys as row_count from repeated where grain_keys > 0
{%- endtest %}
