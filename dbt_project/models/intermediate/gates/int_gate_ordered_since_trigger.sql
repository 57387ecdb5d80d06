-- Gate 2: an order placed at or after the trigger.
with orders as (select distinct source, profile_id, placed_at from {{ ref("int_orders") }} where profile_id is not null)

select triggers.policy_id, triggers.event_id
from
    {{ ref("int_retargeting_triggers") }} as triggers {{ asof_join() }}
    orders
    on triggers.source = orders.source
    and triggers.profile_id = orders.profile_id
    and triggers.triggered_at <= orders.placed_at
where triggers.exclude_if_ordered and orders.placed_at <= triggers.judged_at
