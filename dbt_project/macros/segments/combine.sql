{# all_of([did(...), did_not(...)]): members of every one; qualified at the latest of their instants. #}
{% macro all_of(conditions) -%}
    {%- if conditions is string or conditions | length == 0 -%}
        {{ caw.segment_error("all_of takes a list of at least one condition") }}
    {%- endif -%}
    {{ caw.combined(conditions, conditions | length) }}
{%- endmacro %}

{# any_of([did(...), has_property(...)]): members of at least one; qualified at the latest of their instants. #}
{% macro any_of(conditions) -%}
    {%- if conditions is string or conditions | length == 0 -%}
        {{ caw.segment_error("any_of takes a list of at least one condition") }}
    {%- endif -%}
    {{ caw.combined(conditions, 1) }}
{%- endmacro %}

{% macro combined(conditions, needed) -%}
    select source, profile_id, max(qualified_at) as qualified_at
    from (
        {%- for condition in conditions %}
        select * from ({{ condition }})
        {{ "union all" if not loop.last }}
        {%- endfor %}
    )
    group by source, profile_id
    having count(*) >= {{ needed }}
{%- endmacro %}

{# A whole segment model: the members of a condition; where only absences qualify, they do so at as_of. #}
{% macro segment(condition) -%}
    select
        members.source,
        members.profile_id,
        coalesce(members.qualified_at, run.as_of) as qualified_at,
        run.as_of
    from ({{ condition }}) as members
    cross join {{ ref("int_run") }} as run
{%- endmacro %}
