{# Text, as DuckDB speaks it. Comparison and sorting of text are by code point. #}

{# All Unicode white space, and the four ASCII separators that most languages count as such. #}
{% macro white_space() -%}
    {%- set ns = namespace(codes=[]) -%}
    {%- for code in [9, 10, 11, 12, 13, 28, 29, 30, 31, 32, 133, 160, 5760, 8192, 8193, 8194, 8195, 8196, 8197, 8198,
                     8199, 8200, 8201, 8202, 8232, 8233, 8239, 8287, 12288] -%}
        {%- do ns.codes.append("chr(" ~ code ~ ")") -%}
    {%- endfor -%}
    {{ ns.codes | join(" || ") }}
{%- endmacro %}

{% macro trimmed(text) -%} trim({{ text }}, {{ white_space() }}) {%- endmacro %}

{# A text that begins with a printable ASCII character is not blank: most texts are spared the search for white space. #}
{% macro is_blank(text) -%}
    case when {{ text }} >= '!' and {{ text }} < chr(127) then false else {{ trimmed(text) }} = '' end
{%- endmacro %}

{# The form in which words of a fixed set are compared (contract, section 2): NFC, trimmed, lower case, space - _ alike.
   Most words land in that form already. #}
{% macro word_form(text) -%}
    case
        when regexp_full_match({{ text }}, '[a-z_]+') then {{ text }}
        else translate(lower({{ trimmed("nfc_normalize(" ~ text ~ ")") }}), ' -', '__')
    end
{%- endmacro %}

{% macro code_points(text) -%} length({{ text }}) {%- endmacro %}

{% macro text_contains(text, part) -%} contains({{ text }}, {{ part }}) {%- endmacro %}

{% macro matches_whole(text, pattern) -%} regexp_full_match({{ text }}, '{{ pattern }}') {%- endmacro %}

{% macro digits_of(text) -%} regexp_replace({{ text }}, '[^0-9]', '', 'g') {%- endmacro %}

{# Lower-case hex md5 of the UTF-8 of a text. #}
{% macro md5_hex(text) -%} md5({{ text }}) {%- endmacro %}

{# The first 8 hex digits of a hash, as a number. #}
{% macro first_hex_number(hex) -%} cast('0x' || substring({{ hex }}, 1, 8) as bigint) {%- endmacro %}

{# A number for grouping within one statement; never stored, as engines and versions differ in it. #}
{% macro passing_hash(columns) -%} hash({{ columns | join(", ") }}) {%- endmacro %}
