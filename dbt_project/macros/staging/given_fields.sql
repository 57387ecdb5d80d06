{# What a line gives for each field, before it is typed (spec §2.0.2): query with the columns of `lines`, the source's
   `source_timezone` and `source_currency` and, for each name, `<name>_given`, its JSON value, null where it counts as
   absent (spec §2.0.4), or that of the first alias that has one; and `<name>_text`, its text where it is a JSON string.

   `profile`: whether the feed has a profile object, whose fields are given by their own names.
   `booleans`: the fields in which JSON true and false count as their words. `words_of`: the fields of a fixed set's words,
   for which there is `<name>_form`, too, the form in which `join_words` compares them. `lists`: the kinds of the fields that
   are lists, by name, which are typed here already: the first join of a line comes after all that parses long texts, as a
   join may put the lines of several row groups together, and what an engine needs to parse them. #}
{% macro given_fields(lines, feed, names, profile=false, booleans=[], words_of=[], lists={}) -%}
    {%- set parts = profile_fields() if profile else [] -%}
    {%- set aliases = aliases_of_feed(feed, names, parts) -%}
    {%- set words = absent_words() -%}
    {%- set members, fields = {}, {} -%}
    {%- for name in names %}{% do members.update({name: "members." ~ name}) %}{% endfor -%}
    {%- if profile %}{% do members.update({"profile": "members.profile"}) %}{% endif -%}
    {%- for name in parts %}{% do members.update({name: "profile_members." ~ name}) %}{% endfor -%}
    {%- for name in members %}{% do fields.update({name: name}) %}{% endfor -%}
    {%- for alias in aliases -%}
        {%- do members.update({alias.column: "nullif(" ~ element_of("alias_members", loop.index) ~ ", 'null')"}) -%}
        {%- do fields.update({alias.column: alias.name}) -%}
    {%- endfor -%}
    with
        opened as (
            select
                *,
                case when problem is null then {{ json_fields("coalesce(document, raw_text)", names + (["profile"] if profile else [])) }} end as members
                {%- if aliases %},
                case when problem is null then {{ json_members("coalesce(document, raw_text)", aliases | map(attribute="field")) }} end as alias_members
                {%- endif %}
            from {{ lines }} as lines
        ),
        {% if profile %}
        opened_profile as (
            select *, {{ json_fields("members.profile", parts) }} as profile_members
            from opened
        ),
        {% endif %}
        named as (
            select
                *
                {%- for name, member in members.items() %},
                {{ member }} as {{ name }}_raw
                {%- endfor %}
            from {{ "opened_profile" if profile else "opened" }}
        ),

        texts as (
            select
                *
                {%- for name, field in fields.items() %},
                {{ text_of_field(name ~ "_raw", field in booleans) }} as {{ name }}_text
                {%- endfor %}
            from named
        ),

        present as (
            select
                *
                {%- for name, field in fields.items() %},
                {{ present_field(field, name ~ "_raw", name ~ "_text", words) }} as {{ name }}_given
                {%- endfor %}
            from texts
        )
    {%- if aliases %},

        chosen as (
            select
                {{ line_columns(feed) | join(", ") }}
                {%- for name, field in fields.items() if name == field -%}
                {%- set others = ["cast(null as string)"] -%}
                {%- for alias in aliases if alias.name == name %}{% do others.append(alias.value) %}{% endfor %},
                {{ name }}_raw,
                coalesce({{ name }}_given, {{ others | join(", ") }}) as {{ name }}_given,
                {%- set text = text_of_field("coalesce(" ~ others | join(", ") ~ ")", name in booleans) %}
                {{ "case when " ~ name ~ "_given is null then coalesce(" ~ text ~ ", " ~ name ~ "_text) else " ~ name ~ "_text end as " ~ name ~ "_text" if others | length > 1 else name ~ "_text" }}
                {%- endfor %}
            from present
        )
    {%- endif %}

    {%- if lists %},

        listed as (
            select
                *
                {%- for name, kind in lists.items() %},
                {{ parse_list(kind, name ~ "_given", name ~ "_text") }} as {{ name }}
                {%- endfor %}
            from {{ "chosen" if aliases else "present" }}
        )
    {%- endif %}

    select
        opened_lines.*,
        coalesce(sources.timezone, 'UTC') as source_timezone,
        coalesce(sources.currency, 'USD') as source_currency
        {%- for name in words_of %},
        {{ word_form(name ~ "_text") }} as {{ name }}_form
        {%- endfor %}
    from {{ "listed" if lists else "chosen" if aliases else "present" }} as opened_lines
    left join {{ ref("stg_sources") }} as sources on opened_lines.source = sources.source
{%- endmacro %}

{# The fields of a profile object. #}
{% macro profile_fields() -%}
    {{ return(["profile_id", "email", "phone_number", "external_id", "anonymous_id"]) }}
{%- endmacro %}

{# The fields whose one value identifies a person, by what they hold: in these, words such as null or 0000 count as
   absent (spec §2.0.4). #}
{% macro identifying_fields() -%}
    {{ return({
        "profile_id": "id", "email": "email", "phone_number": "phone", "phone": "phone", "external_id": "id",
        "anonymous_id": "id", "merged_into": "id",
    }) }}
{%- endmacro %}

{# The text of a field's JSON string; null for other values, but for true and false where they count as words. #}
{% macro text_of_field(value, booleans=false) -%}
    {%- if booleans -%} case when {{ value }} in ('true', 'false') then {{ value }} else {{ json_text(value) }} end
    {%- else -%} {{ json_text(value) }}
    {%- endif -%}
{%- endmacro %}

{# A field's JSON value, or null where it counts as absent. #}
{% macro present_field(name, value, text, words) -%}
    {%- set identifies = identifying_fields().get(name) -%}
    {%- if identifies -%} {{ present_identifier(value, text, words, identifies) }}
    {%- else -%} {{ present_value(value) }}
    {%- endif -%}
{%- endmacro %}

{# A JSON value, or null where it counts as absent: null, a blank string, a list without a usable element. #}
{% macro present_value(value) -%}
    case when {{ is_plainly_filled(value) }} or not {{ json_says_nothing(value) }} then {{ value }} end
{%- endmacro %}
