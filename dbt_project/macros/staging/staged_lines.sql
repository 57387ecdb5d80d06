{# From raw lines to typed fields and a verdict on each (contract, sections 2 and 2.1); dedupe comes after.

   `lines` names a CTE with the raw store's columns. Gives, as the CTEs' last select: the line's own columns, every
   field typed (null where absent), and `refusal` as `<reason>|<field>` (null where there is none). #}
{% macro staged_lines(feed, lines) -%}
    {%- set spec = var("feeds")[feed] -%}
{{ typed_fields(feed, lines, spec.fields | map(attribute="name") | list) }},

checked as (
    select
        *,
        case
            when problem is not null then problem || '|'
            {{ refusals(spec) }}
        end as refusal
    from typed
)
{%- endmacro %}

{# The CTEs up to `typed`: the line's own columns and the named fields, each as `<name>_parsed` (null where absent or
   bad), `<name>_text` and `<name>_value`. #}
{% macro typed_fields(feed, lines, names) -%}
    {%- set chosen = var("feeds")[feed].fields | selectattr("name", "in", names) | list -%}
    {%- set fields = chosen | rejectattr("kind", "equalto", "profile") | list -%}
    {%- set has_profile = fields | length < chosen | length -%}
    {%- set profile_fields = var("profile_fields") if has_profile else [] %}
opened as (
    select
        *,
        case when problem is null then {{ json_fields("coalesce(document, raw_text)", chosen | map(attribute="name")) }} end as given
    from {{ lines }}
),

{% if has_profile -%}
opened_profile as (
    select *, {{ json_fields("given.profile", profile_fields | map(attribute="name")) }} as given_profile
    from opened
),

{% endif -%}
texts as (
    select
        *,
        {%- for field in fields %}
        {{ json_text("given." ~ field.name) }} as {{ field.name }}_text,
        {%- endfor %}
        {%- for field in profile_fields %}
        {{ json_text("given_profile." ~ field.name) }} as profile_{{ field.name }}_text,
        {%- endfor %}
    from {{ "opened_profile" if has_profile else "opened" }}
),

present as (
    select
        * exclude (given{{ ", given_profile" if has_profile }}),
        {%- for field in fields %}
        {{ present_value("given." ~ field.name, field.name ~ "_text") }} as {{ field.name }}_value,
        {%- endfor %}
        {%- for field in profile_fields %}
        {{ present_value("given_profile." ~ field.name, "profile_" ~ field.name ~ "_text") }} as profile_{{ field.name }}_value,
        {%- endfor %}
        {%- if has_profile %}
        {{ present_value("given.profile", json_text("given.profile")) }} as profile_value,
        {%- endif %}
    from texts
),

{% set lists = fields | selectattr("kind", "in", list_kinds()) | list -%}
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
        {{ usable_elements(field.kind, field.name ~ "_value", field.name ~ "_objects") }} as {{ field.name }}_usable
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
        {{ parse_instant("listed." ~ field.name ~ "_value", "listed." ~ field.name ~ "_text", "coalesce(sources.timezone, 'UTC')") }}
        {%- else -%}
        {{ parse_kind(field.kind, "listed." ~ field.name ~ "_value", "listed." ~ field.name ~ "_text") }}
        {%- endif %} as {{ field.name }}_parsed,
        {%- endfor %}
        {%- for field in profile_fields %}
        {{ parse_kind(field.kind, "listed.profile_" ~ field.name ~ "_value", "listed.profile_" ~ field.name ~ "_text") }} as profile_{{ field.name }}_parsed,
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

{# Branches of a case: the refusal of each field in checking order, as `<reason>|<field>`. #}
{% macro refusals(spec) -%}
    {%- set by_name = {} -%}
    {%- for field in spec.fields %}{% do by_name.update({field.name: field}) %}{% endfor -%}
    {%- set types = spec.get("record_types", {}) -%}
    {%- set own = [] -%}
    {%- for type in types.values() %}{% do own.extend(type.own) %}{% endfor -%}
    {%- for field in spec.fields if field.name not in own and field.name not in spec.get("shared", []) %}
            {{ refusals_of(field, field.get("required", false)) }}
    {%- endfor %}
    {%- for name, type in types.items() %}
        {%- for field in type.own %}
            {{ refusals_of(by_name[field], field in type.required, "record_type_parsed = '" ~ name ~ "' and ") }}
        {%- endfor %}
    {%- endfor %}
    {%- for name in spec.get("shared", []) %}
            {{ refusals_of(by_name[name], false) }}
    {%- endfor %}
    {%- if spec.get("one_of") %}
            when {% for name in spec.one_of %}{{ name }}_value is null{{ " and " if not loop.last }}{% endfor %}
                then 'missing_field|{{ spec.one_of[0] }}'
    {%- endif %}
{%- endmacro %}

{# One field's branches: missing, of the wrong type or unknown, out of range. `when_type` limits them to a record type. #}
{% macro refusals_of(field, required, when_type="") -%}
    {%- if field.kind == "profile" -%}
            when not {{ is_json_object("profile_value") }} then 'bad_value|profile'
        {%- for part in var("profile_fields") %}
            when profile_{{ part.name }}_value is not null and profile_{{ part.name }}_parsed is null then 'bad_value|profile.{{ part.name }}'
        {%- endfor %}
    {%- else -%}
        {%- if required %}
            when {{ when_type }}({{ field.name }}_value is null
                {%- if field.kind in ("texts", "ids", "products") %} or {{ list_size(field.name ~ "_parsed") }} = 0{% endif %}) then 'missing_field|{{ field.name }}'
        {%- endif %}
        {%- if not field.get("unknown") %}
            when {{ when_type }}{{ field.name }}_value is not null and {{ field.name }}_parsed is null then 'bad_value|{{ field.name }}'
        {%- else %}
            when {{ when_type }}{{ field.name }}_value is not null and {{ field.name }}_text is null then 'bad_value|{{ field.name }}'
        {%- endif %}
        {%- if field.kind == "instant" %}
            when {{ when_type }}{{ field.name }}_parsed < {{ instant_literal("1990-01-01 00:00:00+00") }} then 'bad_value|{{ field.name }}'
            {%- if not field.get("may_lie_ahead") %}
            when {{ when_type }}{{ field.name }}_parsed > {{ plus_hours("ingested_at", 24) }} then 'bad_value|{{ field.name }}'
            {%- endif %}
        {%- endif %}
    {%- endif %}
{%- endmacro %}
