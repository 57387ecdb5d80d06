-- Every product of a recommendation has its row, from position 1 on; gives the recommendations for which that is not
-- so.
with
    unfolded as (
        select event_id, count(*) as products, max(position) as last_position
        from {{ ref("recommended_products") }}
        group by event_id
    )

select recommendations.event_id
from {{ ref("product_recommendation_received") }} as recommendations
left join unfolded using (event_id)
where
    coalesce(unfolded.products, 0) <> recommendations.product_count
    or coalesce(unfolded.last_position, 0) <> recommendations.product_count
