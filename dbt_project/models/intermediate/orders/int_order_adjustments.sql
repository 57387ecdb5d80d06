{{ config(materialized=as_view()) }}

with
    adjustments as (
        {{
            accepted_rows(
                "order_adjustments", ["source", "order_id", "adjustment_id", "kind", "amount"], with_feed=true
            )
        }}
    ),

    -- what several feeds say of one refund is not added up (spec §2.3.0.2)
    by_feed as (
        select
            source,
            order_id,
            feed,
            {{ any_true("kind = 'cancelled'") }} as is_cancelled,
            cast(sum(case when kind = 'refunded' then amount end) as decimal(38, 2)) as refunded_total
        from adjustments
        group by source, order_id, feed
    ),

    final as (
        select source, order_id, {{ any_true("is_cancelled") }} as is_cancelled, max(refunded_total) as refunded_total
        from by_feed
        group by source, order_id
    )

select *
from final
