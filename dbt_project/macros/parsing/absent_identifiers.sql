{# Values that identify nobody (spec §2.0.4): the words of the seed, matched like words, and values of nothing
   but zeros, hyphens, spaces and _. They count as absent, so that strangers are never taken for one person. #}

{# The seed's words, in the form in which words are compared, as they are loaded; none before that. #}
{% macro absent_words() -%}
    {%- set seed = ref("absent_identifiers") -%}
    {%- set words = [] -%}
    {%- if execute and load_relation(seed) -%}
        {%- set statement = "select distinct " ~ word_form("word") ~ " as word from " ~ seed ~ " order by word" -%}
        {%- for row in texts_of(statement, ["word"]) -%}{%- do words.append(row.word) -%}{%- endfor -%}
    {%- endif -%}
    {{ return(words) }}
{%- endmacro %}

{# Whether the text of an identifier names nobody; of an e-mail, zero-width characters say nothing either. One pattern
   finds it, as hardly any value does. #}
{% macro identifies_nobody(text, words, identifies) -%}
    {%- set space = "[" ~ white_space()[1:-1] ~ "]*" -%}
    {%- set nothing = "[0_" ~ white_space()[1:-1] ~ ("\u200b\u200c\u200d\u2060\ufeff" if identifies == "email" else "") ~ "-]*" -%}
    {%- set spelled = [] -%}
    {%- for word in words -%}
        {%- do spelled.append(modules.re.escape(word) | replace("_", "[ _-]") | replace("'", "''")) -%}
    {%- endfor -%}
    {%- set pattern = nothing ~ ("|" ~ space ~ "(?:" ~ spelled | join("|") ~ ")" ~ space if words else "") -%}
    {{ matches_whole(lowered(nfc(text)), pattern) }}
{%- endmacro %}

{# As `present_value`, of a field that identifies a person. #}
{% macro present_identifier(value, text, words, identifies) -%}
    case
        when {{ text }} is not null then case when not {{ identifies_nobody(text, words, identifies) }} then {{ value }} end
        when {{ stripped(value, "'0.-'") }} = '' or {{ json_says_nothing(value) }} then null
        else {{ value }}
    end
{%- endmacro %}
