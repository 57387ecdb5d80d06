{{ config(materialized=as_view()) }}

with
    final as (
        {% for table in var("feeds") + ["expanded_lines"] %}
            select
                batch_id,
                file_path,
                count(*) filter (where verdict in ('accepted', 'gave_way')) as accepted,
                count(*) filter (where verdict = 'duplicate') as duplicates,
                count(*) filter (where verdict = 'rejected') as rejected
            from {{ ref("stg_" ~ table) }}
            group by batch_id, file_path {{ "union all" if not loop.last }}
        {% endfor %}
    )

select *
from final
