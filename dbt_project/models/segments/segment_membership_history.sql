{{
    config(
        materialized=as_history(),
        incremental_strategy="delete+insert",
        unique_key=["segment_id", "source", "profile_id", "entered_at"],
        full_refresh=false,
        on_schema_change="fail",
    )
}}

{#- What the log cannot give back: which run first saw a profile in a segment, and which then saw it out. Only runs later
    than every recorded one count; segment_sizes, made after this model, records them. A run by the clock finds nothing
    later (caw/raw_store/segment_history.py sets it back), but may find its own instant, to which that was set. -#}
{%- set sizes = kept_history("segment_sizes") -%}
{%- set before = this if is_incremental() else other_history() -%}

with
    members as (select segment_id, source, profile_id, as_of from {{ ref("segment_membership") }}),

    run as (
        select as_of
        from {{ ref("int_run") }}
        {%- if sizes %}
            cross join
                (
                    select coalesce(max(as_of), {{ instant_literal("1970-01-01 00:00:00+00") }}) as latest
                    from {{ sizes }}
                ) as recorded
            where as_of > latest or (by_clock and as_of = latest)
        {%- endif %}
    )

    {%- if before %}
        ,

        inside as (select segment_id, source, profile_id, entered_at from {{ before }} where exited_at is null),

        -- who is in one of them alone: in those that left, or in those that entered
        moved as (
            select segment_id, source, profile_id, inside.entered_at
            from inside
            full join members using (segment_id, source, profile_id)
            where inside.segment_id is null or members.segment_id is null
        ),

        changed as (
            select
                moved.segment_id,
                moved.source,
                moved.profile_id,
                coalesce(moved.entered_at, run.as_of) as entered_at,
                case when moved.entered_at is not null then run.as_of end as exited_at
            from moved
            cross join run
        )
    {%- else %}
        ,

        changed as (
            select
                members.segment_id,
                members.source,
                members.profile_id,
                run.as_of as entered_at,
                {{ null_instant() }} as exited_at
            from members
            cross join run
        )
    {%- endif %},

    final as (
        select segment_id, source, profile_id, entered_at, exited_at
        from changed {{ unchanged_history(before, "changed", ["segment_id", "source", "profile_id", "entered_at"]) }}
    )

select *
from final
