{# One macro per kind of field (contract, section 2). `value` is the JSON value, null where it is absent; `text` the text
   of a JSON string, null where the value is no string. Each gives the typed value, or null where the value is bad. #}

{% macro parse_text(value, text) -%} case when {{ value }} is not null then {{ text }} end {%- endmacro %}

{# Ids are strings or JSON integers, kept as text. #}
{% macro parse_id(value, text) -%}
    case
        when {{ value }} is null then null
        when {{ text }} is not null then {{ text }}
        when {{ is_json_integer(value) }} then {{ value }}
    end
{%- endmacro %}

{% macro parse_integer(value, text) -%}
    case when {{ is_json_integer(value) }} then try_cast({{ value }} as bigint) end
{%- endmacro %}

{% macro parse_quantity(value, text) -%}
    case when {{ is_json_integer(value) }} and not starts_with({{ value }}, '-') then try_cast({{ value }} as bigint) end
{%- endmacro %}

{# A JSON number or a numeric string, never negative; rounds half away from zero. #}
{% macro parse_money(value, text) -%}
    {%- set given = "coalesce(" ~ trimmed(text) ~ ", " ~ value ~ ")" -%}
    case
        when {{ matches_whole(given, '[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?') }}
            and not ({{ matches_whole(given, '-.*') }} and {{ matches_whole(given, '[^eE]*[1-9].*') }})
            then try_cast({{ given }} as decimal(18, 2))
    end
{%- endmacro %}

{% macro parse_boolean(value, text) -%}
    case {{ value }} when 'true' then true when 'false' then false end
{%- endmacro %}

{% macro parse_currency(value, text) -%} case when {{ value }} is not null then upper({{ trimmed(text) }}) end {%- endmacro %}

{# ISO 8601 date and time, or epoch seconds as a JSON number; a time without an offset is in `zone`. #}
{% macro parse_instant(value, text, zone) -%}
    {%- set local = "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]+)?" -%}
    {%- set offset = "(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])" -%}
    case
        when {{ text }} is null then
            case when {{ is_json_number(value) }} then {{ epoch_to_instant(value) }} end
        when {{ matches_whole(text, local ~ offset) }} then {{ text_to_instant(text) }}
        when {{ matches_whole(trimmed(text), local ~ offset) }} then {{ text_to_instant(trimmed(text)) }}
        when {{ matches_whole(trimmed(text), local) }} then {{ local_to_instant(text_to_local_time(trimmed(text)), zone) }}
    end
{%- endmacro %}

{# Whether a JSON value counts as absent: null, a blank string, a list of nothing but such values. `lists` is false where
   the value is known to be no list. #}
{% macro is_absent(value, lists=true) -%}
    case
        when {{ value }} is null then true
        when {{ is_plainly_filled(value) }} then false
        when starts_with({{ value }}, '"') then {{ is_blank(json_text(value)) }}
        {%- if lists %}
        when {{ is_json_list(value) }} then {{ json_list_says_nothing(value) }}
        {%- endif %}
        else false
    end
{%- endmacro %}

{# The parser of a kind by its name; words and instants need more than the value and have calls of their own. #}
{% macro parse_kind(kind, value, text) -%}
    {%- set parsers = {
        "id": parse_id, "text": parse_text, "integer": parse_integer, "quantity": parse_quantity, "money": parse_money,
        "boolean": parse_boolean, "currency": parse_currency,
    } -%}
    {%- if kind not in parsers %}{{ exceptions.raise_compiler_error("no parser for fields of kind '" ~ kind ~ "'") }}{% endif -%}
    {{ parsers[kind](value, text) }}
{%- endmacro %}
