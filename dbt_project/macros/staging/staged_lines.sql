{# From raw lines to typed fields and a verdict on each (spec §2.0 and §2.1); dedupe comes after.

   `lines` names a CTE with the raw store's columns. Gives, as the CTEs' last select: the line's own columns, every
   field typed (null where absent), each field's fault, and `refusal` as `<reason>|<field>` (null where there is none). #}
{% macro staged_lines(feed, lines) -%}
    {%- set spec = var("feeds")[feed] -%}
{{ typed_fields(feed, lines, spec.fields | map(attribute="name") | list) }},

faulted as (
    select
        *,
        {{ field_faults(spec) }}
    from typed
),

checked as (
    select
        *,
        case
            when problem is not null then problem || '|'
            {{ first_fault(spec) }}
        end as refusal
    from faulted
)
{%- endmacro %}

{% macro refusal_columns() -%}
    nullif(split_part(refusal, '|', 1), '') as refusal_reason,
        nullif(split_part(refusal, '|', 2), '') as refusal_field
{%- endmacro %}
