{# The checks of a typed line (spec §2.1.3). A base model lists them in checking order: `faults_of` turns them into the
   faults that may be found, `fault_bits` finds them, `refusal_columns` says what was found. #}

{# A field that must be there. `kind`: see `allowed_values`; for a word, `vocabulary` names its set; for a choice, `words`
   are all. #}
{% macro required(name, kind, vocabulary=none, words=[]) -%}
    {{ return({"name": name, "kind": kind, "vocabulary": vocabulary, "words": words, "required": true}) }}
{%- endmacro %}

{# A field that may be left out. `kept`: the text of an unknown word is kept, and any text is good. #}
{% macro optional(name, kind, vocabulary=none, kept=false) -%}
    {{ return({"name": name, "kind": kind, "vocabulary": vocabulary, "kept": kept}) }}
{%- endmacro %}

{# The profile object and its fields. #}
{% macro optional_profile() -%}
    {%- set kinds = {"email": "text", "phone_number": "phone"} -%}
    {%- set checks = [{"name": "profile", "kind": "profile"}] -%}
    {%- for name in profile_fields() -%}
        {%- do checks.append({"name": name, "kind": kinds.get(name, "id"), "label": "profile." ~ name}) -%}
    {%- endfor -%}
    {{ return(checks) }}
{%- endmacro %}

{# Checks of lines of one record type alone; a later check of the same field is of the other types' lines. #}
{% macro of_type(type, checks) -%}
    {%- set found = [] -%}
    {%- for check in checks %}{% do found.append(dict(check, type=type)) %}{% endfor -%}
    {{ return(found) }}
{%- endmacro %}

{# One of several fields must name a person (spec §2.0.8). #}
{% macro one_of(names) -%} {{ return({"name": names[0], "kind": "one_of", "names": names}) }} {%- endmacro %}

{# An unknown word is bad where the other field is `word`: it would lift more than was meant. #}
{% macro known_where(name, other, word, vocabulary) -%}
    {{ return({"name": name, "kind": "known_where", "other": other, "word": word, "vocabulary": vocabulary}) }}
{%- endmacro %}

{# The faults that checks look for, in order: dictionaries of field, reason, condition, and the parts of the sentence
   (`head`, the column of the `value` that is quoted, `tail`). #}
{% macro faults_of(listed) -%}
    {%- set checks = [] -%}
    {%- for one in listed %}{% do checks.extend([one] if one is mapping else one) %}{% endfor -%}
    {%- set words = known_words() if checks | selectattr("vocabulary", "defined") | selectattr("vocabulary") | list else {} -%}
    {%- set identifying, found, types = identifying_fields(), [], {} -%}
    {%- for check in checks -%}
        {%- set name, given = check.name, check.name ~ "_given" -%}
        {%- set field = check.get("label") or name -%}
        {%- if check.get("type") -%}
            {%- set where = "record_type = '" ~ check.type ~ "' and " -%}
            {%- do types.setdefault(name, []).append(quoted(check.type)) -%}
        {%- elif name in types -%}
            {%- set where = "(record_type is null or record_type not in (" ~ types[name] | join(", ") ~ ")) and " -%}
        {%- else -%}
            {%- set where = "" -%}
        {%- endif -%}
        {%- if check.get("required") -%}
            {%- set empty = " or " ~ list_size(name) ~ " = 0" if check.kind in list_kinds() else "" -%}
            {%- set blank = "coalesce(" ~ is_blank(name ~ "_text") ~ ", true)" -%}
            {%- if name in identifying -%}
                {%- do found.append({"field": field, "reason": "missing_field", "condition": where ~ given ~ " is null and not " ~ blank, "value": name ~ "_raw", "tail": " names nobody: it counts as missing"}) -%}
                {%- do found.append({"field": field, "reason": "missing_field", "condition": where ~ given ~ " is null and " ~ blank, "value": "null", "tail": " is missing"}) -%}
            {%- else -%}
                {%- do found.append({"field": field, "reason": "missing_field", "condition": where ~ "(" ~ given ~ " is null" ~ empty ~ ")", "value": "null", "tail": " is missing"}) -%}
            {%- endif -%}
        {%- endif -%}
        {%- if check.kind == "one_of" -%}
            {%- set named = [] -%}
            {%- for one in check["names"] %}{% do named.append(names_nobody(one, identifying[one])) %}{% endfor -%}
            {%- do found.append({"field": field, "reason": "missing_field", "condition": named | join(" and "), "value": "null", "head": "none of " ~ check["names"] | join(", "), "tail": " names a person (a phone number has 7 digits or more)"}) -%}
        {%- elif check.kind == "known_where" -%}
            {%- do found.append({"field": field, "reason": "bad_value", "condition": check.other ~ " = '" ~ check.word ~ "' and " ~ name ~ " is null", "value": given, "tail": " is no known word, and " ~ check.word ~ " needs one (" ~ words.get(check.vocabulary, []) | join(", ") ~ ")"}) -%}
        {%- else -%}
            {%- set good = name ~ "_text is not null" if check.get("kept") else is_json_object(given) if check.kind == "profile" else name ~ " is not null" -%}
            {%- do found.append({"field": field, "reason": "bad_value", "condition": where ~ given ~ " is not null and not (" ~ good ~ ")", "value": given, "tail": " is " ~ allowed_values(check, words)}) -%}
        {%- endif -%}
        {%- if check.kind in ("instant", "date", "instant_ahead") -%}
            {%- do found.append({"field": field, "reason": "bad_value", "condition": where ~ name ~ " < " ~ instant_literal("1990-01-01 00:00:00+00"), "value": given, "tail": " lies before 1990"}) -%}
        {%- endif -%}
        {%- if check.kind in ("instant", "date") -%}
            {%- do found.append({"field": field, "reason": "bad_value", "condition": where ~ name ~ " > " ~ plus_hours("ingested_at", 24), "value": given, "tail": " lies over 24 hours after the file was taken in"}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{# Condition: a field that identifies a person names nobody: it is absent, or an e-mail or phone without the form in which
   these are matched. What takes its place once the person is forgotten may have none. #}
{% macro names_nobody(name, identifies) -%}
    {%- set keys = {"email": email_key(name), "phone": phone_key(name)} -%}
    {%- if identifies in keys -%}
        ({{ name }}_given is null or ({{ name }} is not null and not is_erased and {{ keys[identifies] }} is null))
    {%- else -%} {{ name }}_given is null
    {%- endif -%}
{%- endmacro %}

{# The faults of a line as a number: a bit for each, the first one's is 1. #}
{% macro fault_bits(found) -%}
    cast(0 as bigint)
    {%- for fault in found %}
            + case when {{ fault.condition }} then {{ 2 ** loop.index0 }} else 0 end
    {%- endfor %}
{%- endmacro %}

{# Select list: why a line is refused: by the first fault, and in one sentence every fault, what stands there and what is
   allowed (spec §2.1.2). It may quote data, as the line itself does; of a forgotten person's line nothing. #}
{% macro refusal_columns(found) -%}
    {%- set sentences = [] -%}
    {%- for fault in found -%}
        {%- do sentences.append(struct_of({"head": quoted(fault.get("head", fault.field)), "given": fault.value, "tail": quoted(fault.tail)})) -%}
    {%- endfor -%}
    {%- set quote = "case when sentence.given is null or is_erased then '' else ' ' || " ~ shown_value("sentence.given") ~ " end" -%}
    case
            when problem is not null then problem
            when faults <> 0 then {{ first_element(names_of_bits(found | map(attribute="reason") | list, "faults")) }}
        end as refusal_reason,
        case
            when problem is null and faults <> 0 then {{ first_element(names_of_bits(found | map(attribute="field") | list, "faults")) }}
        end as refusal_field,
        case
            when problem is not null then {{ place_in_editor("editor_line") }} || {{ problem_sentence("problem", "raw_text") }} || '.'
            when faults <> 0
                then {{ place_in_editor("editor_line") }} || {{ joined_list(
                    list_map(
                        where_bit_is_set(list_of(sentences), "faults"),
                        "sentence",
                        "sentence.head || " ~ quote ~ " || sentence.tail"
                    ),
                    "; "
                ) }} || '.'
        end as refusal_detail,
        case when problem is not null or faults <> 0 then raw_text end as raw_text
{%- endmacro %}

{# Rows of a CSV are numbered without its header and whatever line breaks are in them: it is said where an editor shows
   the row. #}
{% macro place_in_editor(line) -%}
    case when {{ line }} is not null then 'line ' || {{ line }} || ' in an editor: ' else '' end
{%- endmacro %}

{# What is wrong with a line that is no record at all; null for one that is. #}
{% macro problem_sentence(problem, raw_text) -%}
    case {{ problem }}
        when 'too_large' then 'the line is too large: a line has at most 1 MiB, a transcript 16 MiB'
        when 'not_utf8' then {{ quoted("the line is not UTF-8: the bytes shown as \\xHH are no characters of it; export it as UTF-8") }}
        when 'not_json' then case
            when {{ holds_several_objects(raw_text) }} then 'several objects stand on one line: name it .json, or write one object to a line'
            else 'the line is not one whole JSON object, as {"name": "value"}: see that quotes and brackets are closed, and that there is no NaN'
        end
        when 'not_an_object' then 'the line is JSON but no object, as {"name": "value"}; in a table, the row has more cells than the header'
    end
{%- endmacro %}

{# A JSON value in short, as a sentence quotes it. #}
{% macro shown_value(value) -%}
    coalesce('''' || {{ shortened(json_text(value), longest_quote()) }} || '''', {{ shortened(shown_json(value), longest_quote()) }})
{%- endmacro %}

{% macro longest_quote() -%} {{ return(60) }} {%- endmacro %}

{# What a field's value must be. #}
{% macro allowed_values(check, words) -%}
    {%- set instant = "(date and time, as 2026-06-30T09:00:00Z, or an epoch before 2100)" -%}
    {%- set by_kind = {
        "id": "no id (a text or a whole number)",
        "phone": "no phone number (a text or a whole number)",
        "text": "no text",
        "instant": "no instant " ~ instant,
        "instant_ahead": "no instant " ~ instant,
        "date": "no instant " ~ instant | replace("date and time, as", "a date, or date and time, as 2026-06-30 or"),
        "integer": "no whole number of 64 bits",
        "quantity": "no quantity (a number of 0 or more, as 2)",
        "money": "no amount (a number of 0 or more, as 12.50)",
        "boolean": "neither true nor false (nor yes, no, 1 or 0)",
        "currency": "no currency (a text, as USD)",
        "texts": "no list of texts (as [\"a\", \"b\"], or \"a, b\")",
        "ids": "no list of ids (texts or whole numbers)",
        "products": "no list of products (ids, or objects with product_id, sku or id)",
        "items": "no list of items (objects with product_id or sku, quantity of 0 or more, price of 0 or more)",
        "profile": "no object (as {\"profile_id\": \"p1\"})",
    } -%}
    {%- if check.kind == "choice" -%}
        {{ return("no known word (" ~ check["words"] | join(", ") ~ ")") }}
    {%- endif -%}
    {%- if check.kind == "word" -%}
        {{ return("no text" if check.get("kept") else "no known word (" ~ words.get(check.vocabulary, []) | join(", ") ~ ")") }}
    {%- endif -%}
    {{ return(by_kind[check.kind]) }}
{%- endmacro %}

{# The words of each vocabulary, as the seed has them now. #}
{% macro known_words() -%}
    {%- set found = {} -%}
    {%- set aliases = ref("stg_word_aliases") -%}
    {%- if execute and load_relation(aliases) -%}
        {%- for row in texts_of("select distinct vocabulary, word from " ~ aliases ~ " order by vocabulary, word", ["vocabulary", "word"]) -%}
            {%- do found.setdefault(row.vocabulary, []).append(row.word) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}
