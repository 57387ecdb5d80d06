{{ config(materialized="view") }}

{% set feeds = var("feeds") %}

{% for feed in feeds %}
    select
        batch_id,
        file_path,
        count(*) filter (where verdict in ('accepted', 'gave_way')) as accepted,
        count(*) filter (where verdict = 'duplicate') as duplicates,
        count(*) filter (where verdict = 'rejected') as rejected
    from {{ ref("stg_" ~ feed) }}
    group by batch_id, file_path {{ "union all" if not loop.last }}
{% endfor %}
