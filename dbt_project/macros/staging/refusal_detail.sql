{# The sentence of a refusal: every fault of the line, what stands there and what is allowed (spec §2.1.2). It is put
   together for refused lines alone. It may quote data, as the line itself does; of a forgotten person's line nothing. #}

{# Statement that gives this model's refused lines their sentences; nothing where none lacks one. #}
{% macro tell_refusals(feed) -%}
    {%- if execute -%}
        {%- set untold = "verdict = 'rejected' and refusal_detail is null" -%}
        {%- set first = texts_of("select min(batch_id) as batch_id from " ~ this ~ " where " ~ untold, ["batch_id"])[0].batch_id -%}
        {%- if first -%}
            {%- set before = texts_of("select max(batch_id) as batch_id from " ~ this ~ " where batch_id < " ~ quoted(first), ["batch_id"])[0].batch_id -%}
            update {{ this }} set refusal_detail = told.detail
            from (
                with lines as (
                    select * from {{ parquet_rows_after("raw/" ~ feed, before) }} as raw_lines
                    where (batch_id, file_path, line_number) in (
                        select (batch_id, file_path, line_number) from {{ this }} where {{ untold }}
                    )
                ),

                {{ staged_lines(feed, "lines") }}

                select batch_id, file_path, line_number, {{ refusal_detail(feed) }} as detail from checked
            ) as told
            where {{ this.identifier }}.batch_id = told.batch_id
                and {{ this.identifier }}.file_path = told.file_path
                and {{ this.identifier }}.line_number = told.line_number
                and {{ untold }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro longest_quote() -%} {{ return(60) }} {%- endmacro %}

{# Text for a line of `checked` that is refused. #}
{% macro refusal_detail(feed) -%}
    {%- set spec = var("feeds")[feed] -%}
    {%- set words = known_words() if spec.fields | selectattr("kind", "equalto", "word") | list else {} -%}
    {%- set faults = [] -%}
    {%- for field in spec.fields -%}
        {%- if field.kind == "profile" -%}
            {%- do faults.append(fault_sentence({"name": "profile", "kind": "profile"}, "profile", words, "cast(null as varchar)")) -%}
            {%- for part in var("profile_fields") -%}
                {%- do faults.append(fault_sentence(part, "profile_" ~ part.name, words, "profile_" ~ part.name ~ "_text", "profile." ~ part.name)) -%}
            {%- endfor -%}
        {%- else -%}
            {%- do faults.append(fault_sentence(field, field.name, words, field.name ~ "_text")) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if spec.get("one_of") -%}
        {%- do faults.append("case when one_of_fault is not null then " ~ quoted("none of " ~ spec.one_of | join(", ") ~ " names a person") ~ " end") -%}
    {%- endif -%}
    {{ place_in_editor("editor_line") }}
            || coalesce({{ problem_sentence("problem", "raw_text") }}, {{ joined_texts(faults, "; ") }}) || '.'
{%- endmacro %}

{# Rows of a CSV are numbered without its header and whatever line breaks stand in them: it is said where an editor shows
   the row. #}
{% macro place_in_editor(line) -%}
    case when {{ line }} is not null then 'line ' || {{ line }} || ' in an editor: ' else '' end
{%- endmacro %}

{# What is wrong with a line that is no record at all; null for one that is. #}
{% macro problem_sentence(problem, raw_text) -%}
    case {{ problem }}
        when 'too_large' then 'the line is too large: a line has at most 1 MiB, a transcript 16 MiB'
        when 'not_utf8' then 'the line is not UTF-8: the bytes shown as \xHH are no characters of it; export it as UTF-8'
        when 'not_json' then case
            when {{ holds_several_objects(raw_text) }} then 'several objects stand on one line: name it .json, or write one object to a line'
            else 'the line is not one whole JSON object, as {"name": "value"}: see that quotes and brackets are closed, and that there is no NaN'
        end
        when 'not_an_object' then 'the line is JSON but no object, as {"name": "value"}; in a table, the row has more cells than the header'
    end
{%- endmacro %}

{# One field's part of the sentence; null where nothing is wrong with it. #}
{% macro fault_sentence(field, prefix, words, text, name=none) -%}
    {%- set name = name or prefix -%}
    {%- set value, parsed, fault = prefix ~ "_value", prefix ~ "_parsed", prefix ~ "_fault" -%}
    case {{ fault }}
        {%- if field.kind != "profile" %}
        when 'missing_field' then '{{ name }} is missing'
            {%- if field.get("identifies") %} || case when not is_erased and not {{ is_blank(text) }} then ' (' || {{ shown(text, text) }} || ' names nobody)' else '' end{% endif %}
        {%- endif %}
        when 'bad_value' then
            {%- if field.kind == "instant" %} case
                when {{ parsed }} < {{ instant_literal("1990-01-01 00:00:00+00") }} then '{{ name }}' || {{ quote_of(value, text) }} || ' lies before 1990'
                when {{ parsed }} is not null then '{{ name }}' || {{ quote_of(value, text) }} || ' lies over 24 hours after the file was taken in'
                else '{{ name }}' || {{ quote_of(value, text) }} || {{ quoted(" is " ~ allowed(field, words)) }}
            end
            {%- else %} '{{ name }}' || {{ quote_of(value, text) }} || {{ quoted(" is " ~ allowed(field, words)) }}
            {%- endif %}
    end
{%- endmacro %}

{# What stands in a field, in short; nothing where nothing does, or where the line is a forgotten person's. #}
{% macro quote_of(value, text) -%}
    case when {{ value }} is null or is_erased then '' else ' ' || {{ shown(value, text) }} end
{%- endmacro %}

{% macro shown(value, text) -%}
    coalesce('''' || {{ shortened(text, longest_quote()) }} || '''', {{ shortened(value, longest_quote()) }})
{%- endmacro %}

{# What a field's value must be. #}
{% macro allowed(field, words) -%}
    {%- set by_kind = {
        "id": "no id (a text or a whole number)",
        "text": "no text",
        "instant": "no instant (date and time, as 2026-06-30T09:00:00Z, or an epoch before 2100)",
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
    {%- if field.get("identifies") == "phone" -%} no phone number (a text or a whole number)
    {%- elif field.get("dates") -%} {{ by_kind.instant | replace("date and time, as", "a date, or date and time, as 2026-06-30 or") }}
    {%- elif field.get("known_for") -%} no known word, and {{ field.known_for.values() | join(", ") }} needs one ({{ words.get(field.vocabulary, []) | join(", ") }})
    {%- elif field.kind == "word" and field.get("unknown") -%} no text
    {%- elif field.kind == "word" -%} no known word ({{ words.get(field.vocabulary, []) | join(", ") }})
    {%- else -%} {{ by_kind[field.kind] }}
    {%- endif -%}
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

{# The sentence of a line whose key came before it with other content. #}
{% macro conflict_sentence(spec) -%}
    {%- set key = spec.get("key", []) | join(" and ") -%}
    {{ quoted("a line with this " ~ key ~ " came before it with other content: the first one holds. See whether ids are used twice, or what has changed in the export.") }}
{%- endmacro %}

{# The sentence of a transcript that did not expand, null for one that did (spec §2.2). #}
{% macro transcript_detail(reason, field, raw_text) -%}
    case {{ reason }}
        when 'missing_field' then {{ field }} || ' is missing: a transcript has an id and a list of messages.'
        when 'bad_value' then {{ field }} || ' is not as a transcript has it: an id is a text or a whole number, messages are a list of objects with role and content.'
        else {{ problem_sentence(reason, raw_text) }} || '.'
    end
{%- endmacro %}
