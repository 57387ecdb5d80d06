{{ config(materialized=as_view()) }}

-- One union at a time, as in activity_feed: a 1.x client returns but the first two of several in a row.
with
    {% for segment in var("segments") %}
        up_to_{{ segment }} as (
            {%- if not loop.first %}
                select *
                from up_to_{{ loop.previtem }}
                union all
            {%- endif %}
            select '{{ segment }}' as segment_id, source, profile_id, qualified_at, as_of
            from {{ ref(segment) }}
        ),
    {% endfor %}

    final as (select * from up_to_{{ var("segments") | last }})

select *
from final
