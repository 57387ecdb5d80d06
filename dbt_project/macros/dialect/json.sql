{# JSON, as DuckDB speaks it. A JSON value travels as its text (`"a"`, `1.5`, `[...]`), so that its type stays visible. #}

{# Fields of a JSON object as a struct of JSON values; absent and null fields are null; null where it is no object. #}
{% macro json_fields(document, names) -%}
    {%- set names = names | list -%}
    cast(
        from_json({{ document }}, '{ {%- for name in names %}"{{ name }}": "JSON"{{ ", " if not loop.last }}{% endfor -%} }')
        as struct({% for name in names %}{{ adapter.quote(name) }} varchar{{ ", " if not loop.last }}{% endfor %})
    )
{%- endmacro %}

{# Elements of a JSON list as a list of JSON values; null where it is no list. #}
{% macro json_elements(value) -%}
    cast(from_json({{ value }}, '["JSON"]') as varchar[])
{%- endmacro %}

{# Whether a JSON value is a list of strings that each begin with a letter, digit or mark of ASCII and need no escape. #}
{% macro is_list_of_plain_texts(value) -%}
    regexp_full_match({{ value }}, '\["[!#-Z^-~][^"\\]*"(?:,"[!#-Z^-~][^"\\]*")*\]')
{%- endmacro %}

{# Elements of a JSON list of strings as a list of texts. #}
{% macro json_texts(value) -%} from_json({{ value }}, '["VARCHAR"]') {%- endmacro %}

{# Elements of a JSON list as structs of JSON values, null at the place of an element that is no object. One call for
   the list: a call for each element costs ten times as much. #}
{% macro json_object_elements(value, names) -%}
    cast(
        from_json({{ value }}, '[{ {%- for name in names %}"{{ name }}": "JSON"{{ ", " if not loop.last }}{% endfor -%} }]')
        as struct({% for name in names %}{{ adapter.quote(name) }} varchar{{ ", " if not loop.last }}{% endfor %})[]
    )
{%- endmacro %}

{# The text of a JSON string, null for any other JSON value. #}
{% macro json_text(value) -%}
    case when starts_with({{ value }}, '"') then {{ json_string(value) }} end
{%- endmacro %}

{# The text of what is known to be a JSON string. #}
{% macro json_string(value) -%} json_extract_string({{ value }}, '$') {%- endmacro %}

{# Whether a JSON value is a string that begins with a printable ASCII character, so that it cannot be blank: told from
   its first two bytes (chr(92) is a backslash, which tools that take SQL apart read as an escape). The empty string and what begins with an escape or an exclamation mark are left to a closer look. #}
{% macro is_plainly_filled(value) -%}
    ({{ value }} >= '"#' and {{ value }} < ('"' || chr(127)) and not starts_with({{ value }}, '"' || chr(92)))
{%- endmacro %}

{% macro is_json_list(value) -%} starts_with({{ value }}, '[') {%- endmacro %}
{% macro is_json_object(value) -%} starts_with({{ value }}, '{') {%- endmacro %}
{% macro is_json_integer(value) -%} regexp_full_match({{ value }}, '-?[0-9]+') {%- endmacro %}
{% macro is_json_number(value) -%} regexp_full_match({{ value }}, '-?[0-9].*') {%- endmacro %}

{# Members of a JSON object by their names, as a list of JSON values in the names' order: null for one that is not there,
   the text null for a null. Names are told apart by case, as JSON does. #}
{% macro json_members(document, names) -%}
    cast(json_extract({{ document }}, [
        {%- for name in names %}{{ quoted("/" ~ name | replace("~", "~0") | replace("/", "~1")) }}{{ ", " if not loop.last }}{% endfor -%}
    ]) as varchar[])
{%- endmacro %}

{# A text that is a JSON list, as the JSON value; null for any other. The engine's own parser takes NaN and a comma too
   many, which are no JSON: they are looked for outside of strings. #}
{% macro json_list_in(text) -%}
    case
        when starts_with({{ text }}, '[') and json_valid({{ text }})
            and not regexp_matches(regexp_replace({{ text }}, '"(?:[^"\\]|\\.)*"', '""', 'g'), ',\s*[]}]|(?i)nan|inf')
            then cast(json({{ text }}) as varchar)
    end
{%- endmacro %}

{# A list of texts as a JSON list. #}
{% macro json_list_of(texts) -%} cast(to_json({{ texts }}) as varchar) {%- endmacro %}

{# Whether a text begins with one whole JSON object and goes on with another. #}
{% macro holds_several_objects(text) -%}
    coalesce(json_valid(regexp_extract({{ text }}, '^\s*([{](?s:.)*?[}])\s*[{]', 1)), false)
{%- endmacro %}

{# JSON text of an object with the given columns, in their order. #}
{% macro json_object_of(columns) -%}
    cast(json_object({% for column in columns %}'{{ column }}', {{ column }}{{ ", " if not loop.last }}{% endfor %}) as varchar)
{%- endmacro %}

{# Whether a JSON value is a blank string, or a list, however nested, of nothing but nulls and blank strings. Values of `json_fields` and
   `json_elements` have no white space between their parts, and escape only control characters. #}
{% macro json_says_nothing(value) -%}
    regexp_full_match(
        {{ value }},
        '(?:[\[\],]|null|"(?:[{{ white_space()[1:-1] }}]|\\[tnrf]|\\u00(?:0B|1C|1D|1E|1F))*")+'
    )
{%- endmacro %}
