{# How far a member's name is from a field's, letter by letter, case and the marks between words aside; a field of the
   profile is also held against by its own name alone, as it may stand outside of the object. #}
{% macro field_distance(member, field) -%}
    {%- set whole = edit_distance(without_marks(member), without_marks(field)) -%}
    {%- set inner = edit_distance(without_marks(member), without_marks("replace(" ~ field ~ ", 'profile.', '')")) -%}
    least({{ whole }}, {{ inner }})
{%- endmacro %}

{% macro without_marks(name) -%} replace(replace(replace({{ lowered(name) }}, '_', ''), '-', ''), ' ', '') {%- endmacro %}

{# How many letters may differ: one of four, two of five to seven, three of a longer name. #}
{% macro near_enough(member) -%}
    least(3, greatest(1, cast(floor(({{ code_points("replace(" ~ member ~ ", 'profile.', '')") }} + 1) / 3.0) as integer)))
{%- endmacro %}
