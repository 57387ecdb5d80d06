{% set of_channel = keys_of_channel() %}
{% set gates = {
    "ordered_since_trigger": gate_ordered_since_trigger("candidates", of_asked=true),
    "escalated_recently": gate_escalated_recently("candidates", of_asked=true),
    "no_consent": gate_no_consent("candidates", of_asked=true),
    "suppressed": gate_suppressed("candidates", of_asked=true),
    "messaged_recently": gate_messaged_recently(
        "candidates", "sends_of_others", dict(of_channel, policy_id="asked_policy_id")
    ),
    "superseded": gate_superseded("triggers_of_policies"),
} %}

with
    experiments as (select * from {{ ref("int_experiments") }}),

    -- all of a policy's, also before and after the experiment: a later one supersedes
    triggers_of_policies as {{ materialized() }} (
        select
            triggers.policy_id,
            triggers.event_id,
            triggers.source,
            triggers.conversation_id,
            triggers.profile_id,
            triggers.message_channel,
            triggers.triggered_at,
            triggers.send_after,
            triggers.send_after as judged_at,
            triggers.exclude_if_ordered,
            triggers.exclude_escalated_days,
            triggers.require_consent,
            triggers.min_hours_since_last_message,
            triggers.as_of
        from
            {{ ref("int_retargeting_triggers") }} as triggers {{ semi_join() }} experiments
            on triggers.policy_id = experiments.policy_id
        where triggers.profile_id is not null
    ),

    candidates as {{ materialized() }} (
        select
            triggers.*,
            experiments.experiment_id,
            experiments.holdout_percent,
            {{ plus_hours("triggers.send_after", "experiments.conversion_hours") }} as converts_until
        from triggers_of_policies as triggers
        inner join experiments using (policy_id)
        where
            experiments.starts_at <= triggers.send_after
            and triggers.send_after < experiments.ends_at
            and triggers.send_after <= triggers.as_of
    ),

    people as (select distinct policy_id, source, profile_id from candidates),

    -- the policy's own messages are what is measured: one that went out early would bar treated profiles only
    sends_of_others as (
        select sends.*, people.policy_id as asked_policy_id
        from {{ ref("int_message_sends") }} as sends
        inner join people using (source, profile_id)
        where not ({{ may_be_of_policy("sends", "people") }})
    ),

    failed as (
        {%- for statement in gates.values() %}
            select policy_id, event_id
            from ({{ statement }}) as gate_{{ loop.index }}
            where is_failed {{ "union all" if not loop.last }}
        {%- endfor %}
    ),

    entering as (
        select
            candidates.*,
            row_number() over (
                partition by experiment_id, source, profile_id order by send_after, event_id
            ) as number_of_profile
        from
            candidates {{ anti_join() }} failed
            on candidates.policy_id = failed.policy_id
            and candidates.event_id = failed.event_id
    ),

    units as {{ materialized() }} (
        select entering.*, coalesce(sources.currency, 'USD') as currency
        from entering
        left join {{ ref("stg_sources") }} as sources on entering.source = sources.source
        where entering.number_of_profile = 1
    ),

    arms as (select policy_id, event_id, is_failed as is_held_out from ({{ gate_holdout("units") }}) as draws),

    sent as (
        select distinct units.experiment_id, units.source, units.profile_id
        from units
        inner join
            {{ ref("int_message_sends") }} as sends
            on units.source = sends.source
            and units.profile_id = sends.profile_id
            and units.message_channel = sends.channel
        where
            {{ may_be_of_policy("sends", "units") }}
            and sends.sent_at between units.triggered_at and least(units.converts_until, units.as_of)
    ),

    orders as (
        select
            units.experiment_id,
            units.source,
            units.profile_id,
            count(*) as orders,
            {{ summed_money("case when orders.currency = units.currency then " ~ revenue_of("orders") ~ " end") }}
            as revenue
        from units
        inner join
            {{ ref("int_orders") }} as orders on units.source = orders.source and units.profile_id = orders.profile_id
        where
            orders.status <> 'cancelled'
            and orders.placed_at between units.triggered_at and least(units.converts_until, units.as_of)
        group by units.experiment_id, units.source, units.profile_id
    ),

    final as (
        select
            units.experiment_id,
            units.policy_id,
            units.source,
            units.profile_id,
            units.event_id,
            units.send_after as enrolled_at,
            case when arms.is_held_out then 'holdout' else 'treatment' end as arm,
            sent.profile_id is not null as was_sent,
            units.converts_until <= units.as_of as is_mature,
            units.currency,
            cast(coalesce(orders.orders, 0) as bigint) as orders,
            coalesce(orders.revenue, cast(0 as decimal(18, 2))) as revenue,
            coalesce(orders.orders, 0) > 0 as is_converted,
            units.as_of
        from units
        inner join arms using (policy_id, event_id)
        left join sent using (experiment_id, source, profile_id)
        left join orders using (experiment_id, source, profile_id)
    )

select *
from final
