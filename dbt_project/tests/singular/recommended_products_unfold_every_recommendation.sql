-- Every product of a recommendation has its row, from position 1 on, as far as there is room for the ids that the rows
-- carry (spec §3.2); gives the recommendations for which that is not so.
with
    unfolded as (
        select event_id, count(*) as products, max(position) as last_position
        from {{ ref("recommended_products") }}
        group by event_id
    ),

    recommendations as (
        select
            recommended.event_id,
            recommended.conversation_id,
            recommended.profile_id,
            recommended.product_count,
            coalesce(unfolded.products, 0) as products,
            coalesce(unfolded.last_position, 0) as last_position
        from {{ ref("product_recommendation_received") }} as recommended
        left join unfolded using (event_id)
    ),

    compared as (
        select
            *,
            {{ has_room("products", "conversation_id") }} and {{ has_room("products", "profile_id") }} as has_room,
            {{ has_room("(products + 1)", "conversation_id") }}
            and {{ has_room("(products + 1)", "profile_id") }} as has_room_for_more
        from recommendations
    )

select event_id
from compared
where
    products <> last_position
    or products > product_count
    or not has_room
    or (products < product_count and has_room_for_more)
