{# The names that a team's own export gives fields (spec §2.0.9): a member counts as the field that it means where
   that is absent. #}

{# The seed's rows for a feed, as they are loaded, in the order in which they are tried: dictionaries of source (`*` for
   all), field, means, and the name of the field meant: one of `names`, or of `parts` as profile.<name>; `column`: the name
   under which `given_fields` has its value; `value`: that value where the alias applies. Rows that mean no field of the
   feed are left to the seed's test. #}
{% macro aliases_of_feed(feed, names, parts) -%}
    {%- set seed = ref("field_aliases") -%}
    {%- set found = [] -%}
    {%- if execute and load_relation(seed) -%}
        {%- set statement -%}
            select {{ trimmed("source") }} as source, {{ trimmed("field") }} as field, {{ trimmed("means") }} as means
            from {{ seed }}
            where {{ trimmed("feed") }} = {{ quoted(feed) }}
            order by source = '*', {{ file_position() }}
        {%- endset -%}
        {%- for row in texts_of(statement, ["source", "field", "means"]) -%}
            {%- set name = row.means | replace("profile.", "") -%}
            {%- if name in (parts if row.means != name else names) -%}
                {%- set column = "alias_" ~ found | length -%}
                {%- set given = column ~ "_given" -%}
                {%- set value = given if row.source == "*" else "case when source = " ~ quoted(row.source) ~ " then " ~ given ~ " end" -%}
                {%- do found.append(dict(row, name=name, column=column, value=value)) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}

{# Condition on the columns of the seed: whether a field of that name is one of the feed's. #}
{% macro is_field_of_feed(feed, name) -%}
    {%- set pairs = [] -%}
    {%- for field in declared_fields() -%}
        {%- do pairs.append("(" ~ quoted(field.feed) ~ ", " ~ quoted(field.name) ~ ")") -%}
    {%- endfor -%}
    ({{ trimmed(feed) }}, {{ trimmed(name) }}) in ({{ pairs | join(", ") or "('', '')" }})
{%- endmacro %}

{# The fields of all canonical feeds in checking order, those of the profile object as `profile.<name>`, as the base models' property
   files declare them: dictionaries of feed, name and position. None before dbt executes, and in unit tests: `graph`, dbt's
   own view of the project, is empty there. #}
{% macro declared_fields() -%}
    {%- set found = [] -%}
    {%- for feed in var("feeds") if execute and graph.nodes -%}
        {%- for column in graph.nodes["model.caw.base_" ~ feed].columns.values() if column.meta.get("kind") -%}
            {%- set name = "profile." ~ column.name if column.meta.get("member_of") else column.name -%}
            {%- do found.append({"feed": feed, "name": name, "position": loop.index}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
