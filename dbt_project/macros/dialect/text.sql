{# Text, as DuckDB speaks it. Comparison and sorting of text are by code point. #}

{# All Unicode white space, and the four ASCII separators that most languages count as such. One literal: an expression
   would be put together again for every element of a list. #}
{% macro white_space() -%}
    '{{ "\t\n\u000b\u000c\r\u001c\u001d\u001e\u001f \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000" }}'
{%- endmacro %}

{% macro trimmed(text) -%} trim({{ text }}, {{ white_space() }}) {%- endmacro %}

{# A text that begins with a printable ASCII character is not blank: most texts are spared the search for white space. #}
{% macro is_blank(text) -%}
    case when {{ text }} >= '!' and {{ text }} < chr(127) then false else {{ trimmed(text) }} = '' end
{%- endmacro %}

{# The form in which words of a fixed set are compared (spec §2.0.11): NFC, trimmed, lower case, space - _ alike.
   Most words land in that form already. #}
{% macro word_form(text) -%}
    case
        when regexp_full_match({{ text }}, '[a-z_]+') then {{ text }}
        else translate(lower({{ trimmed(nfc(text)) }}), ' -', '__')
    end
{%- endmacro %}

{# DuckDB's own function ends a text at its first NUL, which no character is composed with. #}
{% macro nfc(text) -%}
    array_to_string(list_transform(string_split({{ text }}, chr(0)), lambda part: nfc_normalize(part)), chr(0))
{%- endmacro %}

{% macro is_ascii(text) -%} regexp_full_match({{ text }}, '[\x00-\x7f]*', 's') {%- endmacro %}

{# Whether an address is printable ASCII without a space: told without a look at any table of characters. #}
{% macro is_plain_address(text) -%} regexp_full_match({{ text }}, '[!-~]+') {%- endmacro %}

{# Whether a text holds one of these letters. #}
{% macro has_character_of(text, letters) -%} regexp_matches({{ text }}, '[{{ letters }}]') {%- endmacro %}

{% macro code_points(text) -%} length({{ text }}) {%- endmacro %}

{% macro text_contains(text, part) -%} contains({{ text }}, {{ part }}) {%- endmacro %}

{% macro matches_whole(text, pattern) -%} regexp_full_match({{ text }}, '{{ pattern }}') {%- endmacro %}

{# The groups of a pattern as a struct of texts with these names; blank for a group that is not there, all of them where
   the pattern does not match. #}
{% macro text_parts(text, pattern, names) -%} regexp_extract({{ text }}, '{{ pattern }}', {{ text_list_of(names) }}) {%- endmacro %}

{# The first group of a pattern; null where the pattern does not match. #}
{% macro part_of_text(text, pattern) -%} nullif(regexp_extract({{ text }}, '{{ pattern }}', 1), '') {%- endmacro %}

{# What stands before the first point of a text. #}
{% macro before_point(text) -%} split_part({{ text }}, '.', 1) {%- endmacro %}

{# A decimal number's text with so many digits of its fraction; blank for another text. #}
{% macro cut_fraction(number, digits) -%} regexp_extract({{ number }}, '^-?[0-9]*(?:[.][0-9]{0,{{ digits }}})?') {%- endmacro %}

{# The parts of a text between commas, as a list. #}
{% macro split_at_commas(text) -%} string_split({{ text }}, ',') {%- endmacro %}

{# A text, cut after so many characters. #}
{% macro shortened(text, length) -%}
    case when length({{ text }}) > {{ length }} then substring({{ text }}, 1, {{ length }}) || '…' else {{ text }} end
{%- endmacro %}

{# Texts that are not null, with a separator between them. #}
{% macro joined_texts(texts, separator) -%} concat_ws('{{ separator }}', {{ texts | join(", ") }}) {%- endmacro %}

{# How many letters must be changed, added or left out to make one text of the other. #}
{% macro edit_distance(left, right) -%} levenshtein({{ left }}, {{ right }}) {%- endmacro %}

{% macro digits_of(text) -%} regexp_replace({{ text }}, '[^0-9]', '', 'g') {%- endmacro %}

{# Lower-case hex md5 of the UTF-8 of a text. #}
{% macro md5_hex(text) -%} md5({{ text }}) {%- endmacro %}

{# The first 8 hex digits of a hash, as a number. #}
{% macro first_hex_number(hex) -%} cast('0x' || substring({{ hex }}, 1, 8) as bigint) {%- endmacro %}

{# A number for grouping within one statement; never stored, as engines and versions differ in it. #}
{% macro passing_hash(columns) -%} hash({{ columns | join(", ") }}) {%- endmacro %}
