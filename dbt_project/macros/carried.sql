{# Texts that are shown in rows of other records (spec §3.2): what they come to there, in characters, is bounded, since one
   record with a long text and thousands of short ones would else fill the disk. #}

{# The characters that the texts of one record may come to in the rows that carry them, and those that each row may always
   have of one. #}
{% macro most_carried() -%} {{ return(4 * 1024 * 1024) }} {%- endmacro %}
{% macro least_carried() -%} {{ return(1000) }} {%- endmacro %}

{# The characters that the ids in one row's list come to. #}
{% macro most_listed() -%} {{ return(64 * 1024) }} {%- endmacro %}

{# How many characters each of so many rows may have of a text that they all carry. #}
{% macro room_in_each(rows, least=none) -%}
    cast(greatest({{ least or least_carried() }}, floor({{ most_carried() }}.0 / {{ rows }})) as integer)
{%- endmacro %}

{# A text as so many rows carry it: whole, or cut. #}
{% macro carried(text, rows) -%} {{ shortened(text, room_in_each(rows)) }} {%- endmacro %}

{# Condition: whether there is room for the row at a position among those of one record that carry an id of another kind,
   which is not cut: two rows that mean the same would else not find each other. #}
{% macro has_room(position, id) -%}
    {%- set length = "coalesce(" ~ code_points(id) ~ ", 0)" -%}
    ({{ length }} <= {{ least_carried() }} or {{ position }} * {{ length }} <= {{ most_carried() }})
{%- endmacro %}
