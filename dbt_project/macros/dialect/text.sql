{# Text. Comparison and sorting of text are by code point. #}

{# All Unicode white space, and the four ASCII separators that most languages count as such. One literal: an expression
   would be put together again for every element of a list. #}
{% macro white_space() -%} {{ return(adapter.dispatch("white_space", "caw")()) }} {%- endmacro %}

{% macro trimmed(text) -%} {{ stripped(text, white_space()) }} {%- endmacro %}

{# A text without these characters (a SQL literal) at its ends. #}
{% macro stripped(text, characters) -%} {{ return(adapter.dispatch("stripped", "caw")(text, characters)) }} {%- endmacro %}

{# Character by character, whatever its neighbours are: Σ is σ at a word's end, too, and ß stays in upper case. #}
{% macro lowered(text) -%} {{ return(adapter.dispatch("lowered", "caw")(text)) }} {%- endmacro %}
{% macro uppered(text) -%} {{ return(adapter.dispatch("uppered", "caw")(text)) }} {%- endmacro %}

{# A text that begins with a printable ASCII character is not blank: most texts are spared the search for white space. #}
{% macro is_blank(text) -%} {{ return(adapter.dispatch("is_blank", "caw")(text)) }} {%- endmacro %}

{# The form in which words of a fixed set are compared (spec §2.0.11): NFC, trimmed, lower case, space - _ alike.
   Most words land in that form already. #}
{% macro word_form(text) -%} {{ return(adapter.dispatch("word_form", "caw")(text)) }} {%- endmacro %}

{# DuckDB's own function ends a text at its first NUL, which no character is composed with. #}
{% macro nfc(text) -%} {{ return(adapter.dispatch("nfc", "caw")(text)) }} {%- endmacro %}

{% macro is_ascii(text) -%} {{ return(adapter.dispatch("is_ascii", "caw")(text)) }} {%- endmacro %}

{# Whether an address is printable ASCII without a space: decided without any table of characters. #}
{% macro is_plain_address(text) -%} {{ return(adapter.dispatch("is_plain_address", "caw")(text)) }} {%- endmacro %}

{# Whether a text holds one of these letters. #}
{% macro has_character_of(text, letters) -%} {{ return(adapter.dispatch("has_character_of", "caw")(text, letters)) }} {%- endmacro %}

{% macro code_points(text) -%} {{ return(adapter.dispatch("code_points", "caw")(text)) }} {%- endmacro %}

{% macro begins_with(text, part) -%} {{ return(adapter.dispatch("begins_with", "caw")(text, part)) }} {%- endmacro %}

{% macro text_contains(text, part) -%} {{ return(adapter.dispatch("text_contains", "caw")(text, part)) }} {%- endmacro %}

{# A text without what a pattern matches first. #}
{% macro without_match(text, pattern) -%} {{ return(adapter.dispatch("without_match", "caw")(text, pattern)) }} {%- endmacro %}

{% macro matches_whole(text, pattern) -%} {{ return(adapter.dispatch("matches_whole", "caw")(text, pattern)) }} {%- endmacro %}

{# The groups of a pattern as a struct of texts with these names; blank for a group that is not there, all of them where
   the pattern does not match. #}
{% macro text_parts(text, pattern, names) -%} {{ return(adapter.dispatch("text_parts", "caw")(text, pattern, names)) }} {%- endmacro %}

{# The first group of a pattern; null where the pattern does not match. #}
{% macro part_of_text(text, pattern) -%} {{ return(adapter.dispatch("part_of_text", "caw")(text, pattern)) }} {%- endmacro %}

{# What stands before the first point of a text. #}
{% macro before_point(text) -%} {{ return(adapter.dispatch("before_point", "caw")(text)) }} {%- endmacro %}

{# A decimal number's text with so many digits of its fraction; blank for another text. #}
{% macro cut_fraction(number, digits) -%} {{ return(adapter.dispatch("cut_fraction", "caw")(number, digits)) }} {%- endmacro %}

{# The parts of a text between commas, as a list. #}
{% macro split_at_commas(text) -%} {{ return(adapter.dispatch("split_at_commas", "caw")(text)) }} {%- endmacro %}

{# A text, cut after so many characters. #}
{% macro shortened(text, length) -%} {{ return(adapter.dispatch("shortened", "caw")(text, length)) }} {%- endmacro %}

{# Texts that are not null, with a separator between them. #}
{% macro joined_texts(texts, separator) -%} {{ return(adapter.dispatch("joined_texts", "caw")(texts, separator)) }} {%- endmacro %}

{# How many letters must be changed, added or left out to make one text of the other. #}
{% macro edit_distance(left, right) -%} {{ return(adapter.dispatch("edit_distance", "caw")(left, right)) }} {%- endmacro %}

{% macro digits_of(text) -%} {{ return(adapter.dispatch("digits_of", "caw")(text)) }} {%- endmacro %}

{# Lower-case hex SHA-256 of the UTF-8 of a text. #}
{% macro sha256_hex(text) -%} {{ return(adapter.dispatch("sha256_hex", "caw")(text)) }} {%- endmacro %}

{# Lower-case hex md5 of the UTF-8 of a text. #}
{% macro md5_hex(text) -%} {{ return(adapter.dispatch("md5_hex", "caw")(text)) }} {%- endmacro %}

{# The first 8 hex digits of a hash, as a number. #}
{% macro first_hex_number(hex) -%} {{ return(adapter.dispatch("first_hex_number", "caw")(hex)) }} {%- endmacro %}

{# A number for grouping within one statement; never stored, as engines and versions differ in it. #}
{% macro passing_hash(columns) -%} {{ return(adapter.dispatch("passing_hash", "caw")(columns)) }} {%- endmacro %}

{# A text as it is written in SQL. #}
{% macro quoted(text) -%} {{ return(adapter.dispatch("quoted", "caw")(text)) }} {%- endmacro %}
