{# From raw lines to typed fields (spec §2.0.2).

   `lines` names a CTE with the raw store's columns. Gives the CTEs up to `typed`: the line's own columns and the named
   fields, each as `<name>_parsed` (null where absent or bad), `<name>_text` and `<name>_value`. #}
{% macro typed_fields(feed, lines, names) -%}
    {%- set chosen = var("feeds")[feed].fields | selectattr("name", "in", names) | list -%}
    {%- set fields = chosen | rejectattr("kind", "equalto", "profile") | list -%}
    {%- set has_profile = fields | length < chosen | length -%}
    {%- set profile_fields = var("profile_fields") if has_profile else [] -%}
    {%- set lists = fields | selectattr("kind", "in", list_kinds()) | list -%}
    {%- set words = absent_words() -%}
    {%- set places = {} -%}
    {%- for field in fields %}{% do places.update({field.name: "given." ~ field.name}) %}{% endfor -%}
    {%- for field in profile_fields %}{% do places.update({"profile." ~ field.name: "given_profile." ~ field.name}) %}{% endfor -%}
    {%- set aliases = [] -%}
    {%- for alias in aliases_of_feed(feed) if alias.means in places %}{% do aliases.append(alias) %}{% endfor %}
opened as (
    select
        *,
        case when problem is null then {{ json_fields("coalesce(document, raw_text)", chosen | map(attribute="name")) }} end as given
        {%- if aliases %},
        case when problem is null then {{ json_members("coalesce(document, raw_text)", aliases | map(attribute="field")) }} end as given_aliases
        {%- endif %}
    from {{ lines }}
),

{% if has_profile -%}
opened_profile as (
    select *, {{ json_fields("given.profile", profile_fields | map(attribute="name")) }} as given_profile
    from opened
),

{% endif -%}
{% set opened = "opened_profile" if has_profile else "opened" %}
{%- if aliases -%}
named as (
    select
        *
        {%- for name in aliases | map(attribute="means") | unique %},
        {{ value_or_alias(fields_by_name(feed)[name], places[name], name, aliases, "given_aliases", words) }} as {{ name | replace(".", "_") }}_given
        {%- do places.update({name: name | replace(".", "_") ~ "_given"}) %}
        {%- endfor %}
    from {{ opened }}
),

{% endif -%}
texts as (
    select
        *,
        {%- for field in fields %}
        {{ text_of_field(field, places[field.name]) }} as {{ field.name }}_text,
        {%- endfor %}
        {%- for field in profile_fields %}
        {{ text_of_field(field, places["profile." ~ field.name]) }} as profile_{{ field.name }}_text,
        {%- endfor %}
        {%- for field in lists %}
        {{ listed_value(field.kind, places[field.name], json_text(places[field.name])) }} as {{ field.name }}_listed
        {%- do places.update({field.name: field.name ~ "_listed"}) %},
        {%- endfor %}
    from {{ "named" if aliases else opened }}
),

present as (
    select
        * exclude (given{{ ", given_profile" if has_profile }}{{ ", given_aliases" if aliases }}),
        {%- for field in fields %}
        {{ present_field(field, places[field.name], field.name ~ "_text", words) }} as {{ field.name }}_value,
        {%- endfor %}
        {%- for field in profile_fields %}
        {{ present_field(field, places["profile." ~ field.name], "profile_" ~ field.name ~ "_text", words) }} as profile_{{ field.name }}_value,
        {%- endfor %}
        {%- if has_profile %}
        {{ present_value("given.profile", json_text("given.profile")) }} as profile_value,
        {%- endif %}
    from texts
),

objects as (
    select
        *{% for field in lists if object_fields(field.kind) %},
        {{ objects_of(field.kind, field.name ~ "_value") }} as {{ field.name }}_objects
        {%- endfor %}
    from present
),

usable as (
    select
        *{% for field in lists %},
        {{ usable_elements(field.kind, field.name ~ "_value", field.name ~ "_objects", words) }} as {{ field.name }}_usable
        {%- endfor %}
    from objects
),

listed as (
    select
        *{% for field in lists %},
        {{ parsed_elements(field.kind, field.name ~ "_usable") }} as {{ field.name }}_elements
        {%- endfor %}
    from usable
),

typed as (
    select
        listed.*,
        sources.currency as source_currency,
        {%- for field in fields %}
        {% if field.kind == "word" -%}
        {{ field.name }}_words.word
        {%- elif field in lists -%}
        {{ parsed_list(field.kind, "listed." ~ field.name ~ "_value", "listed." ~ field.name ~ "_elements") }}
        {%- elif field.kind == "instant" -%}
        {{ parse_instant("listed." ~ field.name ~ "_value", "listed." ~ field.name ~ "_text", "coalesce(sources.timezone, 'UTC')", field.get("dates", false)) }}
        {%- else -%}
        {{ parse_field(field, "listed." ~ field.name ~ "_value", "listed." ~ field.name ~ "_text") }}
        {%- endif %} as {{ field.name }}_parsed,
        {%- endfor %}
        {%- for field in profile_fields %}
        {{ parse_field(field, "listed.profile_" ~ field.name ~ "_value", "listed.profile_" ~ field.name ~ "_text") }} as profile_{{ field.name }}_parsed,
        {%- endfor %}
    from listed
    left join {{ ref("stg_sources") }} as sources on listed.source = sources.source
    {%- for field in fields if field.kind == "word" %}
    left join {{ ref("stg_word_aliases") }} as {{ field.name }}_words
        on {{ field.name }}_words.vocabulary = '{{ field.vocabulary }}'
        and {{ field.name }}_words.alias = {{ word_form("listed." ~ field.name ~ "_text") }}
    {%- endfor %}
)
{%- endmacro %}

{# The text of a field's JSON string; null for other values, but for true and false where they count as words. #}
{% macro text_of_field(field, value) -%}
    {%- if field.get("booleans") -%} case when {{ value }} in ('true', 'false') then {{ value }} else {{ json_text(value) }} end
    {%- else -%} {{ json_text(value) }}
    {%- endif -%}
{%- endmacro %}

{# A field's JSON value, or null where it counts as absent. #}
{% macro present_field(field, value, text, words) -%}
    {%- if field.get("identifies") and field.kind not in list_kinds() -%} {{ present_identifier(value, text, words, field.identifies) }}
    {%- else -%} {{ present_value(value, text) }}
    {%- endif -%}
{%- endmacro %}

{# A JSON value, or null where it counts as absent: null, a blank string, a list without a usable element. #}
{% macro present_value(value, text) -%}
    case
        when {{ value }} is null then null
        when {{ is_plainly_filled(value) }} then {{ value }}
        when {{ text }} is not null then case when not {{ is_blank(text) }} then {{ value }} end
        when {{ is_json_list(value) }} then case when not {{ is_absent(value) }} then {{ value }} end
        else {{ value }}
    end
{%- endmacro %}
