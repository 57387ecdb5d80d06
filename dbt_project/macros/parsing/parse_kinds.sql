{# One macro per kind of field (spec §2.0.2). `value` is the JSON value, null where it is absent; `text` the text
   of a JSON string, null where the value is no string. Each gives the typed value, or null where the value is bad. #}

{% macro parse_text(value, text) -%} case when {{ value }} is not null then {{ text }} end {%- endmacro %}

{# The characters beyond which an id is shortened (spec §2.0.2), since rows of other records carry ids: the fewer, the more
   the raw store has. The run says it, and it is looked up once in an invocation of dbt; where there is no run yet, as in
   unit tests, it is a small store's. #}
{% macro longest_id() -%}
    {%- if execute and "longest_id" not in graph -%}
        {%- set run = previous_relation("raw", "run") -%}
        {%- set said = texts_of("select cast(longest_id as string) as longest_id from " ~ run, ["longest_id"]) if run else [] -%}
        {%- do graph.update({"longest_id": said[0].longest_id | int if said else longest_of_few()}) -%}
    {%- endif -%}
    {{ return(graph.get("longest_id", longest_of_few())) }}
{%- endmacro %}

{# A small store's. #}
{% macro longest_of_few() -%} {{ return(32768) }} {%- endmacro %}

{# An id as it is kept: whole, or its begin and the SHA-256 of all of it, so that two stay two and one stays one. The same
   as `short_id` of caw/feeds/keys.py, which always shortens what has over 1,000 characters. #}
{% macro kept_id(text, longest=none) -%}
    case
        when {{ code_points(text) }} > {{ longest or longest_id() }} then substring({{ text }}, 1, 900) || '…' || {{ sha256_hex(text) }}
        else {{ text }}
    end
{%- endmacro %}

{% macro parse_id(value, text) -%}
    case
        when {{ value }} is null then null
        when {{ text }} is not null then {{ kept_id(text) }}
        when {{ code_points(value) }} <= {{ longest_id() }} then {{ whole_number(value) }}
        else {{ kept_id(whole_number(value)) }}
    end
{%- endmacro %}

{# A text, or a number as an id's. #}
{% macro parse_phone(value, text) -%}
    case when {{ value }} is not null then coalesce({{ text }}, {{ whole_number(value) }}) end
{%- endmacro %}

{# Ids are strings or whole JSON numbers, kept as text: 1001.0 is 1001. #}
{% macro whole_number(value) -%} {{ part_of_text(value, '^(-?[0-9]+)(?:[.]0+)?$') }} {%- endmacro %}

{# A whole number of 64 bits, or its text: 2.0 is 2. #}
{% macro parse_integer(value, text) -%}
    case
        when {{ is_json_integer(value) }} then try_cast({{ value }} as bigint)
        when {{ matches_whole(given_number(value, text), '[+-]?[0-9]+(?:[.]0*)?') }}
            then try_cast({{ before_point(given_number(value, text)) }} as bigint)
    end
{%- endmacro %}

{% macro parse_quantity(value, text) -%} {{ parse_positive(value, text, quantity_type()) }} {%- endmacro %}

{% macro quantity_type() -%} decimal(38, 6) {%- endmacro %}

{# Rounds half away from zero. #}
{% macro parse_money(value, text) -%} {{ parse_positive(value, text, "decimal(18, 2)") }} {%- endmacro %}

{# A JSON number or a numeric string, never negative. #}
{% macro parse_positive(value, text, type) -%}
    {%- set given = given_number(value, text) -%}
    case
        when {{ matches_whole(given, '(?:[+]?(?:[0-9]+[.]?[0-9]*|[.][0-9]+)|-(?:0+[.]?0*|[.]0+))(?:[eE][+-]?[0-9]+)?') }}
            then try_cast({{ given }} as {{ type }})
    end
{%- endmacro %}

{% macro given_number(value, text) -%} coalesce({{ trimmed(text) }}, {{ value }}) {%- endmacro %}

{# true, false, yes, no, 1 and 0, as JSON values or as words; a number may be 1.0. #}
{% macro parse_boolean(value, text) -%}
    case
        when {{ value }} = 'true' then true
        when {{ value }} = 'false' then false
        when {{ text }} is null then case when {{ value }} in ('1', '1.0') then true when {{ value }} in ('0', '0.0') then false end
        when {{ word_form(text) }} in ('true', 'yes', '1') then true
        when {{ word_form(text) }} in ('false', 'no', '0') then false
    end
{%- endmacro %}

{% macro parse_currency(value, text) -%} case when {{ value }} is not null then {{ uppered(trimmed(text)) }} end {%- endmacro %}

{# Whether a JSON value counts as absent: null, a blank string, a list of nothing but such values. `lists` is false where
   the value is known to be no list. #}
{% macro is_absent(value, lists=true) -%}
    case
        when {{ value }} is null then true
        when {{ is_plainly_filled(value) }} then false
        when {{ begins_with(value, "'\"'") }} then {{ trimmed(json_string(value)) }} = ''
        {%- if lists %}
        when {{ is_json_list(value) }} then {{ json_says_nothing(value) }}
        {%- endif %}
        else false
    end
{%- endmacro %}

{% macro parse_kind(kind, value, text) -%}
    {%- set parsers = {
        "id": parse_id, "text": parse_text, "integer": parse_integer, "quantity": parse_quantity, "money": parse_money,
        "boolean": parse_boolean, "currency": parse_currency,
    } -%}
    {%- if kind not in parsers %}{{ exceptions.raise_compiler_error("no parser for fields of kind '" ~ kind ~ "'") }}{% endif -%}
    {{ parsers[kind](value, text) }}
{%- endmacro %}
