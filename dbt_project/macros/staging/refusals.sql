{# What is wrong with a typed line (spec §2.1.3): of each field its fault, and of all faults the first. #}

{# Select list: `<name>_fault` of each field, missing_field or bad_value, null where nothing is wrong with it. #}
{% macro field_faults(spec) -%}
    {%- for field in spec.fields if field.kind != "profile" %}
        {{ fault_of(spec, field) }} as {{ field.name }}_fault,
    {%- endfor %}
    {%- for field in spec.fields if field.kind == "profile" %}
        case when not {{ is_json_object("profile_value") }} then 'bad_value' end as profile_fault,
        {%- for part in var("profile_fields") %}
        case when profile_{{ part.name }}_value is not null and profile_{{ part.name }}_parsed is null then 'bad_value' end as profile_{{ part.name }}_fault,
        {%- endfor %}
    {%- endfor %}
    {%- if spec.get("one_of") %}
        case when {% for name in spec.one_of %}{{ name }}_value is null{{ " and " if not loop.last }}{% endfor %} then 'missing_field' end as one_of_fault,
    {%- endif %}
{%- endmacro %}

{# One field's fault: missing, of the wrong type, unknown or out of range. A field that is a record type's own, and not
   shared, has none in records of another type. #}
{% macro fault_of(spec, field) -%}
    {%- set owners = owning_types(spec, field.name) -%}
    {%- set requiring = requiring_types(spec, field.name) -%}
    {%- set value, parsed = field.name ~ "_value", field.name ~ "_parsed" -%}
    case
        {%- if owners %}
        when record_type_parsed is null or record_type_parsed not in ({{ owners | join(", ") }}) then null
        {%- endif %}
        {%- if field.get("required") or requiring %}
        when {% if requiring %}record_type_parsed in ({{ requiring | join(", ") }}) and {% endif %}({{ value }} is null
            {%- if field.kind in list_kinds() %} or {{ list_size(parsed) }} = 0{% endif %}) then 'missing_field'
        {%- endif %}
        {%- if field.get("known_for") %}
        {%- for other, word in field.known_for.items() %}
        when {{ other }}_parsed = '{{ word }}' and {{ parsed }} is null then 'bad_value'
        {%- endfor %}
        {%- endif %}
        when {{ value }} is not null and {{ field.name ~ "_text" if field.get("unknown") else parsed }} is null then 'bad_value'
        {%- if field.kind == "instant" %}
        when {{ parsed }} < {{ instant_literal("1990-01-01 00:00:00+00") }} then 'bad_value'
        {%- if not field.get("may_lie_ahead") %}
        when {{ parsed }} > {{ plus_hours("ingested_at", 24) }} then 'bad_value'
        {%- endif %}
        {%- endif %}
    end
{%- endmacro %}

{# Branches of a case: the first fault in checking order, as `<reason>|<field>`. #}
{% macro first_fault(spec) -%}
    {%- set types = spec.get("record_types", {}) -%}
    {%- set own = [] -%}
    {%- for type in types.values() %}{% do own.extend(type.own) %}{% endfor -%}
    {%- for field in spec.fields if field.name not in own and field.name not in spec.get("shared", []) %}
            {{ fault_branches(field.name) }}
    {%- endfor %}
    {%- for name, type in types.items() %}
        {%- for field in type.own %}
            when record_type_parsed = '{{ name }}' and {{ field }}_fault is not null then {{ field }}_fault || '|{{ field }}'
        {%- endfor %}
    {%- endfor %}
    {%- for name in spec.get("shared", []) %}
            {{ fault_branches(name) }}
    {%- endfor %}
    {%- if spec.get("one_of") %}
            when one_of_fault is not null then 'missing_field|{{ spec.one_of[0] }}'
    {%- endif %}
{%- endmacro %}

{% macro fault_branches(name) -%}
    when {{ name }}_fault is not null then {{ name }}_fault || '|{{ name }}'
    {%- if name == "profile" %}
    {%- for part in var("profile_fields") %}
            when profile_{{ part.name }}_fault is not null then 'bad_value|profile.{{ part.name }}'
    {%- endfor %}
    {%- endif %}
{%- endmacro %}

{# The record types that own a field; none where every record may carry it. #}
{% macro owning_types(spec, name) -%}
    {%- set owners = [] -%}
    {%- if name not in spec.get("shared", []) -%}
        {%- for type, parts in spec.get("record_types", {}).items() if name in parts.own -%}
            {%- do owners.append("'" ~ type ~ "'") -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(owners) }}
{%- endmacro %}

{# The record types that need a field. #}
{% macro requiring_types(spec, name) -%}
    {%- set found = [] -%}
    {%- for type, parts in spec.get("record_types", {}).items() if name in parts.required -%}
        {%- do found.append("'" ~ type ~ "'") -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
