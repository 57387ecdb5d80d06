{# Instants (spec §2.0.3): ISO 8601 date and time, or an epoch as a JSON number or its text; a time without an
   offset is in `zone`. `dates`: a lone date is its midnight. The form of nearly all logs is recognised by one
   pattern and cast as it is; the others are taken apart. #}
{% macro parse_instant(value, text, zone, dates=false) -%}
    {%- set plain = "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]+)?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])" -%}
    {%- set number = "coalesce(" ~ trimmed(text) ~ ", " ~ value ~ ")" -%}
    case
        when {{ matches_whole(text, plain) }} then {{ text_to_instant(text) }}
        when {{ matches_whole(number, '[0-9]+[.]?[0-9]*|[.][0-9]+') }} then {{ parse_epoch(number) }}
        {%- if dates %}
        when {{ matches_whole(trimmed(text), '[0-9]{4}-[0-9]{2}-[0-9]{2}') }} then {{ with_value("clock", text_to_local_time(trimmed(text)), local_to_instant("clock", zone)) }}
        {%- endif %}
        else {{ with_value("parts", instant_parts(trimmed(text)), instant_of_parts("parts", zone)) }}
    end
{%- endmacro %}

{# The parts of an instant's text as a struct, each blank where it is left out; all blank where the text is no instant. #}
{% macro instant_parts(text) -%}
    {%- set pattern -%}
        ^([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]((?:[01][0-9]|2[0-3]):[0-5][0-9])(:[0-5][0-9])?(?:[.,]([0-9]+))?(?: ?([Zz]|[Uu][Tt][Cc]|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)(?:\[[^\[\]]+\])?)?$
    {%- endset -%}
    {{ text_parts(text, pattern, ["day", "minute", "second", "fraction", "zone"]) }}
{%- endmacro %}

{# Null where a fraction is not of seconds, too. #}
{% macro instant_of_parts(parts, zone) -%}
    {%- set local -%}
        {{ parts }}.day || ' ' || {{ parts }}.minute
            || case when {{ parts }}.second = '' then ':00' else {{ parts }}.second end
            || '.' || substring({{ parts }}.fraction || '0', 1, 6)
    {%- endset -%}
    {%- set offset -%}
        case
            when {{ parts }}.zone >= 'A' then '+00:00'
            else substring({{ parts }}.zone, 1, 3) || ':' || case when {{ code_points(parts ~ ".zone") }} = 3 then '00' else right({{ parts }}.zone, 2) end
        end
    {%- endset -%}
    case
        when {{ parts }}.day = '' or {{ parts }}.fraction <> '' and {{ parts }}.second = '' then null
        when {{ parts }}.zone <> '' then {{ text_to_instant(local ~ " || " ~ offset) }}
        else {{ with_value("clock", text_to_local_time(local), local_to_instant("clock", zone)) }}
    end
{%- endmacro %}

{# An epoch's decimal text to an instant: by its size in seconds, milliseconds, microseconds or nanoseconds, cut at
   microseconds. Null from 2100 on, and for what is below zero. #}
{% macro parse_epoch(text) -%}
    {%- set number = "try_cast(" ~ cut_fraction(text, 6) ~ " as decimal(38, 6))" -%}
    {{ with_value("epoch", number, micros_to_instant_before_2100(
        "case when epoch < 100000000000 then " ~ whole_micros("epoch", 1)
        ~ " when epoch < 100000000000000 then " ~ whole_micros("epoch", 1000)
        ~ " when epoch < 100000000000000000 then " ~ whole_micros("epoch", 1000000)
        ~ " when epoch < 10000000000000000000 then " ~ whole_micros("epoch", 1000000000) ~ " end"
    )) }}
{%- endmacro %}
