{# The typed columns of a feed, by name and in order: its fields, the profile's fields in place of `profile`. #}
{% macro typed_column_names(feed) -%}
    {%- set names = [] -%}
    {%- for field in var("feeds")[feed].fields -%}
        {%- if field.kind == "profile" -%}
            {%- do names.extend(var("profile_fields") | map(attribute="name")) -%}
        {%- else -%}
            {%- do names.append(field.name) -%}
            {%- if field.get("unknown") %}{% do names.append(field.name ~ "_text") %}{% endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}

{# What stands beside the typed columns: the category that a forgotten person's escalation keeps when its reason goes; and,
   where a profile_id becomes a pseudonym, whether the line is a forgotten person's. #}
{% macro kept_columns(feed) -%}
    {%- set columns = ["erased_category"] if feed == "conversation_log" else [] -%}
    {{ return(columns + (["is_erased"] if var("feeds")[feed].fields | selectattr("pseudonym", "defined") | list else [])) }}
{%- endmacro %}

{# Select list: every typed column with its default applied; a field of another record type is null, and so is what a
   forgotten person's line has lost (spec §6.2). #}
{% macro typed_columns(feed) -%}
    {%- set spec = var("feeds")[feed] -%}
    {%- set columns = [] -%}
    {%- for field in spec.fields -%}
        {%- if field.kind == "profile" -%}
            {%- for part in var("profile_fields") -%}
                {%- do columns.append(unless_erased(field, "profile_" ~ part.name ~ "_parsed") ~ " as " ~ part.name) -%}
            {%- endfor -%}
        {%- else -%}
            {%- set owners = owning_types(spec, field.name) -%}
            {%- set value = unless_erased(field, with_default(field)) -%}
            {%- if owners -%}
                {%- do columns.append("case when record_type_parsed in (" ~ owners | join(", ") ~ ") then " ~ value ~ " end as " ~ field.name) -%}
            {%- else -%}
                {%- do columns.append(value ~ " as " ~ field.name) -%}
            {%- endif -%}
            {%- if field.get("unknown") -%}
                {%- do columns.append("case when " ~ field.name ~ "_parsed is null and " ~ field.name ~ "_value is not null and not is_erased then " ~ field.name ~ "_text end as " ~ field.name ~ "_text") -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{ (columns + kept_columns(feed)) | join(",\n        ") }}
{%- endmacro %}

{% macro unless_erased(field, value) -%}
    {%- if field.get("personal") -%}
        case when is_erased then {{ empty_text_list() if field.kind in ("texts", "ids") else "null" }} else {{ value }} end
    {%- else -%}
        {{ value }}
    {%- endif -%}
{%- endmacro %}

{# A parsed field with the default that its declaration names. #}
{% macro with_default(field) -%}
    {%- set parsed = field.name ~ "_parsed" -%}
    {%- if field.get("unknown") -%}
        {%- for other, word in field.get("known_for", {}).items() %} case when {{ other }}_parsed = '{{ word }}' then {{ parsed }} else {% endfor -%}
        coalesce({{ parsed }}, case when {{ field.name }}_value is not null then '{{ field.unknown }}'{% if "default" in field %} else '{{ field.default }}'{% endif %} end)
        {%- for other in field.get("known_for", {}) %} end{% endfor -%}
    {%- elif field.get("default_field") -%}
        coalesce({{ parsed }}, {{ field.default_field }}_parsed)
    {%- elif field.get("default_of_source") -%}
        coalesce({{ parsed }}, source_{{ field.default_of_source }}, 'USD')
    {%- elif field.get("default_by_size_of") -%}
        coalesce({{ parsed }}, case when {{ list_size(field.default_by_size_of ~ "_parsed") }} = 1 then '{{ field.one }}' else '{{ field.more }}' end)
    {%- elif field.kind in ("texts", "ids", "products") -%}
        coalesce({{ parsed }}, {{ empty_text_list() }})
    {%- elif field.kind == "items" -%}
        coalesce({{ parsed }}, {{ empty_item_list() }})
    {%- elif "default" in field -%}
        coalesce({{ parsed }}, {{ "'" ~ field.default ~ "'" if field.kind == "word" else field.default | lower }})
    {%- else -%}
        {{ parsed }}
    {%- endif -%}
{%- endmacro %}
