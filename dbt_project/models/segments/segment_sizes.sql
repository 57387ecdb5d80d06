{{
    config(
        materialized=as_history(),
        incremental_strategy="delete+insert",
        unique_key=["as_of"],
        full_refresh=false,
        on_schema_change="fail",
    )
}}

-- Made after the history, which asks this table for the latest run that it has recorded.
-- depends_on: {{ ref("segment_membership_history") }}
with
    segments as (
        {%- for segment in var("segments") %}
            select '{{ segment }}' as segment_id {{ "union all" if not loop.last }}
        {%- endfor %}
    ),

    members as (
        select segment_id, source, count(*) as members from {{ ref("segment_membership") }} group by segment_id, source
    ),

    sizes as (
        select segments.segment_id, sources.source, run.as_of, coalesce(members.members, 0) as members
        from segments
        cross join {{ ref("int_landed_sources") }} as sources
        cross join {{ ref("int_run") }} as run
        left join members using (segment_id, source)
    ),

    final as (
        select segment_id, source, as_of, members
        from sizes {{ unchanged_history(other_history(), "sizes", ["as_of"]) }}
    )

select *
from final
