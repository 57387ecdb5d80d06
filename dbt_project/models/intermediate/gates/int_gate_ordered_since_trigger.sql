-- Gate 2: an order placed at or after the trigger.
select distinct triggers.policy_id, triggers.event_id
from {{ ref("int_retargeting_triggers") }} as triggers
inner join
    {{ ref("int_orders") }} as orders
    on triggers.source = orders.source
    and triggers.profile_id = orders.profile_id
    and orders.placed_at >= triggers.triggered_at
    and orders.placed_at <= triggers.judged_at
where triggers.exclude_if_ordered
