{{
    config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key=["segment_id", "source", "profile_id", "entered_at"],
        full_refresh=false,
        on_schema_change="fail",
    )
}}

{#- What the log cannot give back: which run first saw a profile in a segment, and which then saw it out. Only runs later
    than every recorded one count; segment_sizes, made after this model, records them. -#}
{%- set sizes = built_relation("segments", "segment_sizes") -%}

with
    members as (select segment_id, source, profile_id, as_of from {{ ref("segment_membership") }}),

    run as (
        select as_of
        from {{ ref("int_run") }}
        {%- if sizes %}
            where
                as_of > (select coalesce(max(as_of), {{ instant_literal("1970-01-01 00:00:00+00") }}) from {{ sizes }})
        {%- endif %}
    )

{%- if is_incremental() %}
        ,

        inside as (select segment_id, source, profile_id, entered_at from {{ this }} where exited_at is null),

        left_since as (
            select inside.segment_id, inside.source, inside.profile_id, inside.entered_at, run.as_of as exited_at
            from inside
            cross join run
            left join members using (segment_id, source, profile_id)
            where members.segment_id is null
        ),

        entered_since as (
            select
                members.segment_id,
                members.source,
                members.profile_id,
                run.as_of as entered_at,
                cast(null as timestamptz) as exited_at
            from members
            cross join run
            left join inside using (segment_id, source, profile_id)
            where inside.segment_id is null
        )

    select *
    from left_since
    union all
    select *
    from entered_since
{%- else %}

    select
        members.segment_id,
        members.source,
        members.profile_id,
        run.as_of as entered_at,
        cast(null as timestamptz) as exited_at
    from members
    cross join run
{%- endif %}
