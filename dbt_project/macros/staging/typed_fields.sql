{# A field of `given_fields` as its type (spec §2.0.2); null where it is absent or bad. #}

{% macro as_id(name) -%} {{ parse_id(name ~ "_given", name ~ "_text") }} {%- endmacro %}
{% macro as_phone(name) -%} {{ parse_phone(name ~ "_given", name ~ "_text") }} {%- endmacro %}
{% macro as_text(name) -%} {{ parse_text(name ~ "_given", name ~ "_text") }} {%- endmacro %}
{% macro as_integer(name) -%} {{ parse_integer(name ~ "_given", name ~ "_text") }} {%- endmacro %}
{% macro as_quantity(name) -%} {{ parse_quantity(name ~ "_given", name ~ "_text") }} {%- endmacro %}
{% macro as_money(name) -%} {{ parse_money(name ~ "_given", name ~ "_text") }} {%- endmacro %}
{% macro as_boolean(name) -%} {{ parse_boolean(name ~ "_given", name ~ "_text") }} {%- endmacro %}
{% macro as_currency(name) -%} {{ parse_currency(name ~ "_given", name ~ "_text") }} {%- endmacro %}

{# `dates`: a lone date is its midnight. #}
{% macro as_instant(name, dates=false) -%}
    {{ parse_instant(name ~ "_given", name ~ "_text", "source_timezone", dates) }}
{%- endmacro %}

{# The word that a field's text stands for, of the vocabulary that `join_words` joined; null for one that no alias knows. #}
{% macro as_word(name) -%} {{ name }}_words.word {%- endmacro %}

{# The word that a field of `words_of` is, of a few that have no aliases; null for any other text. #}
{% macro as_choice(name, words) -%}
    case when {{ name }}_form in ({% for word in words %}'{{ word }}'{{ ", " if not loop.last }}{% endfor %}) then {{ name }}_form end
{%- endmacro %}

{# Join of the aliases of a vocabulary for the field of `given` that holds its words, one of its `words_of`. #}
{% macro join_words(name, vocabulary) -%}
    left join {{ ref("stg_word_aliases") }} as {{ name }}_words
        on {{ name }}_words.vocabulary = '{{ vocabulary }}'
        and {{ name }}_words.alias = given.{{ name }}_form
{%- endmacro %}

{# A word that no alias knows counts as `word`; null where the field is absent. #}
{% macro known_or(name, word) -%}
    coalesce({{ name }}, case when {{ name }}_given is not null then '{{ word }}' end)
{%- endmacro %}

{# The text of a word that no alias knows; nothing of a forgotten person's. #}
{% macro unknown_text(name) -%}
    case when {{ name }} is null and {{ name }}_given is not null and not is_erased then {{ name }}_text end
{%- endmacro %}

{# Condition: what takes the place of an id once the person is forgotten. The same as `is_pseudonym` of
   caw/erasure/keyring.py. #}
{% macro is_pseudonym(id) -%} {{ matches_whole(id, "erased-[0-9a-f]{32}") }} {%- endmacro %}

{# What a forgotten person's line has lost (spec §6.2). #}
{% macro unless_erased(value) -%} case when is_erased then null else {{ value }} end {%- endmacro %}
