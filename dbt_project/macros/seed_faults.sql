{# Faults of a loaded seed, one text each; none where the seed has not been loaded (dbt compile on an empty
   warehouse). The arguments are those of the generic test valid_seed. #}
{% macro seed_faults(relation, row, unique_key, filled, words, complete, rules) -%}
    {%- set checks = [] -%}
    {%- for column in filled -%}
        {%- set blank = "coalesce(" ~ is_blank("cast(" ~ column ~ " as string)") ~ ", true)" -%}
        {%- do checks.append(("not (" ~ blank ~ ")", column ~ " must not be blank")) -%}
    {%- endfor -%}
    {%- if unique_key -%}
        {%- set columns = unique_key | join(", ") -%}
        {%- do checks.append(("count(*) over (partition by " ~ columns ~ ") = 1", "only one row may have this " ~ unique_key | join(" and "))) -%}
    {%- endif -%}
    {%- for column, accepted in words.items() -%}
        {%- set list = accepted | map("replace", "'", "''") | join("', '") -%}
        {%- do checks.append((column ~ " in ('" ~ list ~ "')", column ~ " '{" ~ column ~ "}' is unknown; it is one of " ~ accepted | join(", "))) -%}
    {%- endfor -%}
    {%- for rule in rules -%}
        {%- do checks.append((rule.holds, rule.says)) -%}
    {%- endfor -%}
    {%- set statement -%}
        with checked as (
            select
                {{ row }} as row_name,
                {%- for holds, says in checks %}
                case when not ({{ holds }}) then {{ with_values(says) }} end as fault_{{ loop.index }},
                {%- endfor %}
                true as is_read
            from {{ relation }}
        )

        {% for holds, says in checks -%}
        select {{ quoted(row ~ " '") }} || coalesce(cast(row_name as string), '') || ''': ' || fault_{{ loop.index }} as fault
        from checked
        where fault_{{ loop.index }} is not null
        union
        {% endfor -%}
        {% for column, values in complete.items() -%}
        {% for value in values -%}
        select {{ quoted("no row has the " ~ column ~ " '" ~ value ~ "'") }} as fault
        where not exists (select 1 from {{ relation }} where {{ column }} = {{ quoted(value) }})
        union
        {% endfor -%}
        {% endfor -%}
        select 'no fault' as fault where false
        order by fault
    {%- endset -%}
    {%- set found = [] -%}
    {%- if load_relation(relation) -%}
        {%- for fault in run_query(statement).columns[0].values() -%}{%- do found.append(fault) -%}{%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}

{# SQL text of a sentence in which {column} stands for the row's value. #}
{% macro with_values(sentence) -%}
    {%- set parts = [] -%}
    {%- for piece in modules.re.split("[{](\\w+)[}]", sentence) -%}
        {%- do parts.append("coalesce(cast(" ~ piece ~ " as string), '')" if loop.index0 % 2 else quoted(piece)) -%}
    {%- endfor -%}
    {{ parts | join(" || ") }}
{%- endmacro %}

{# The query of a test of a seed that has these faults: none is a row's; any stops the build with sentences that name the
   file. #}
{% macro refused_rows(seed, faults) -%}
    {%- if faults -%}
        {%- set file = "seeds/" ~ seed.identifier ~ ".csv" -%}
        {{ exceptions.raise_compiler_error(file ~ ", " ~ faults[:10] | join("; " ~ file ~ ", ") ~ ".") }}
    {%- endif -%}
    select 1 as fault where false
{%- endmacro %}
