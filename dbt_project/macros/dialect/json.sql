{# JSON. A JSON value travels as its text (`"a"`, `1.5`, `[...]`), so that its type stays visible. #}

{# Fields of a JSON object as a struct of JSON values; absent and null fields are null; null where it is no object. #}
{% macro json_fields(document, names) -%} {{ return(adapter.dispatch("json_fields", "caw")(document, names)) }} {%- endmacro %}

{# Elements of a JSON list as a list of JSON values; null where it is no list. #}
{% macro json_elements(value) -%} {{ return(adapter.dispatch("json_elements", "caw")(value)) }} {%- endmacro %}

{# Whether a JSON value is a list of strings that each begin with a letter, digit or mark of ASCII and need no escape. #}
{% macro is_list_of_plain_texts(value) -%} {{ return(adapter.dispatch("is_list_of_plain_texts", "caw")(value)) }} {%- endmacro %}

{# Elements of a JSON list of strings as a list of texts. #}
{% macro json_texts(value) -%} {{ return(adapter.dispatch("json_texts", "caw")(value)) }} {%- endmacro %}

{# Elements of a JSON list as structs of JSON values, null at the place of an element that is no object. One call for
   the list: a call for each element costs ten times as much. #}
{% macro json_object_elements(value, names) -%} {{ return(adapter.dispatch("json_object_elements", "caw")(value, names)) }} {%- endmacro %}

{# The text of a JSON string, null for any other JSON value. #}
{% macro json_text(value) -%} {{ return(adapter.dispatch("json_text", "caw")(value)) }} {%- endmacro %}

{# The text of what is known to be a JSON string. #}
{% macro json_string(value) -%} {{ return(adapter.dispatch("json_string", "caw")(value)) }} {%- endmacro %}

{# Whether a JSON value is a string that begins with a printable ASCII character, so that it cannot be blank: decided by
   its first two bytes (chr(92) is a backslash, which tools that take SQL apart read as an escape). The empty string and what begins with an escape or an exclamation mark are left to a closer look. #}
{% macro is_plainly_filled(value) -%} {{ return(adapter.dispatch("is_plainly_filled", "caw")(value)) }} {%- endmacro %}

{% macro is_json_list(value) -%} {{ return(adapter.dispatch("is_json_list", "caw")(value)) }} {%- endmacro %}
{% macro is_json_object(value) -%} {{ return(adapter.dispatch("is_json_object", "caw")(value)) }} {%- endmacro %}
{% macro is_json_integer(value) -%} {{ return(adapter.dispatch("is_json_integer", "caw")(value)) }} {%- endmacro %}
{% macro is_json_number(value) -%} {{ return(adapter.dispatch("is_json_number", "caw")(value)) }} {%- endmacro %}

{# Members of a JSON object by their names, as a list of JSON values in the names' order: null for one that is not there,
   the text null for a null. Case matters in names, as in JSON. #}
{% macro json_members(document, names) -%} {{ return(adapter.dispatch("json_members", "caw")(document, names)) }} {%- endmacro %}

{# A text that is a JSON list, as the JSON value; null for any other. The engine's own parser takes NaN and a comma too
   many, which are no JSON: they are looked for outside of strings. #}
{% macro json_list_in(text) -%} {{ return(adapter.dispatch("json_list_in", "caw")(text)) }} {%- endmacro %}

{# A list of texts as a JSON list. #}
{% macro json_list_of(texts) -%} {{ return(adapter.dispatch("json_list_of", "caw")(texts)) }} {%- endmacro %}

{# A JSON value, but for a text, as people are shown it. In lists and objects the engines write fractions of 10,000,000 and
   more, or below 0.001, in ways of their own; of a number by itself with more digits than a double is sure to hold, one has
   the nearest double, the other what was written. A sign that something was left out stands for each. #}
{% macro shown_json(value) -%}
    case
        when {{ is_json_list(value) }} or {{ is_json_object(value) }} then {{ adapter.dispatch("shown_json", "caw")(value) }}
        when {{ matches_whole(value, many_digits()) }} then '…'
        else {{ value }}
    end
{%- endmacro %}

{# The pattern of a number that a double may not hold: a double has six digits after the point up to 2 to the power of 33. #}
{% macro many_digits() -%}
    {{ return("-?(?:[0-9.]+[eE][-+]?[0-9]+|(?:[89][0-9]{9}|[0-9]{11,})[.][0-9]+)") }}
{%- endmacro %}

{# The pattern of such fractions, in the ways of both engines. #}
{% macro fractions_of_an_engine() -%}
    {{ return("([:,\\[])(?:-?[0-9]+(?:[.][0-9]+)?[eE][-+]?[0-9]+|-?[0-9]{8,}[.][0-9]+|-?0[.]000[0-9]*)") }}
{%- endmacro %}

{# Whether a text begins with one whole JSON object and goes on with another. #}
{% macro holds_several_objects(text) -%} {{ return(adapter.dispatch("holds_several_objects", "caw")(text)) }} {%- endmacro %}

{# JSON text of an object with the given columns, in their order. `seconds`: columns after them of such doubles as
   `seconds_between` gives; engines write doubles differently. #}
{% macro json_object_of(columns, seconds=[]) -%} {{ return(adapter.dispatch("json_object_of", "caw")(columns, seconds)) }} {%- endmacro %}

{# Whether a JSON value is a blank string, or a list, however nested, of nothing but nulls and blank strings. Values of `json_fields` and
   `json_elements` have no white space between their parts, and escape only control characters. #}
{% macro json_says_nothing(value) -%} {{ return(adapter.dispatch("json_says_nothing", "caw")(value)) }} {%- endmacro %}
