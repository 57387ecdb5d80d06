{{
    config(
        materialized="incremental",
        incremental_strategy="rebuild",
        on_schema_change="fail",
        meta={"rebuilds": "int_orders_to_attribute", "key": "order_id"},
    )
}}

{# A bot's orders have thousands of conversations in reach each, and would list them all; and a few with long ids come to as
   much. #}
{% set most_in_reach, most_characters = 100, most_listed() %}

with
    windows as (select * from {{ ref("attribution_windows") }}),

    orders as (
        select *
        from ({{ attributable_orders() }}) as orders
        where {{ listed_in(ref("int_orders_to_attribute"), "order_id") }}
    ),

    {{ touch_ctes() }},

    -- how many conversations of a profile have begun to reach, and have ceased to, up to an instant, and the characters
    -- of their ids
    {%- for name, instant in {"begun": "reaches_from", "ceased": next_instant("reaches_to")}.items() %}
        {{ name }} as (
            select
                source,
                profile_id,
                instant,
                sum(count(*)) over along_profile as conversations,
                sum(sum(characters)) over along_profile as characters
            from
                (
                    select
                        source, profile_id, {{ instant }} as instant, {{ code_points("conversation_id") }} as characters
                    from live_conversations
                ) as changes
            group by source, profile_id, instant
            window along_profile as (partition by source, profile_id order by instant)
        ),
    {% endfor %}

    asked as (
        select
            orders.source,
            orders.order_id,
            orders.profile_id,
            orders.placed_at,
            begun.conversations as begun,
            begun.characters as characters_begun
        from
            {{
                asof_joined(
                    "orders", "begun", {"source": "source", "profile_id": "profile_id"}, ["placed_at", "instant"]
                )
            }}
    ),

    few as (
        select asked.source, asked.order_id, asked.profile_id, asked.placed_at
        from
            {{
                asof_joined(
                    "asked",
                    "ceased",
                    {"source": "source", "profile_id": "profile_id"},
                    ["placed_at", "instant"],
                    all_rows=true,
                )
            }}
        where
            asked.begun - coalesce(ceased.conversations, 0) <= {{ most_in_reach }}
            and asked.characters_begun - coalesce(ceased.characters, 0) <= {{ most_characters }}
    ),

    few_instants as (select distinct source, profile_id, placed_at from few),

    -- by day, so that what is far apart is not compared; of conversations that none of these orders reaches, a day may
    -- have thousands
    reached_days as (
        select
            reached.source,
            reached.profile_id,
            reached.conversation_id,
            reached.reaches_from,
            reached.reaches_to,
            {{ days_between(utc_date("reached.reaches_from"), utc_date("reached.reaches_to")) }} as day
        from
            {{
                asof_joined(
                    "reached",
                    "few_instants",
                    {"source": "source", "profile_id": "profile_id"},
                    ["reaches_from", "placed_at"],
                    later=true,
                )
            }}
        where few_instants.placed_at <= reached.reaches_to
    ),

    in_reach as (
        select few.source, few.order_id, few.placed_at, reached_days.conversation_id
        from few
        inner join
            reached_days
            on few.source = reached_days.source
            and few.profile_id = reached_days.profile_id
            and {{ utc_date("few.placed_at") }} = reached_days.day
        where few.placed_at >= reached_days.reaches_from and few.placed_at <= reached_days.reaches_to
    ),

    instants as {{ materialized() }} (select distinct source, conversation_id, channel, touched_at from touches),

    channels as (
        select distinct instants.source, instants.conversation_id, instants.channel, windows.hours
        from instants
        inner join windows on instants.channel = windows.channel
    ),

    asked_by_channel as (
        select in_reach.*, channels.channel, channels.hours
        from in_reach
        inner join channels using (source, conversation_id)
    ),

    final as (
        select
            asked.source,
            asked.order_id,
            {{ sorted_distinct(list_agg("asked.conversation_id")) }} as touched_conversations
        from
            {{
                asof_joined(
                    ["asked_by_channel", "asked"],
                    "instants",
                    {"source": "source", "conversation_id": "conversation_id", "channel": "channel"},
                    ["placed_at", "touched_at"],
                )
            }}
        where asked.placed_at <= {{ plus_hours("instants.touched_at", "asked.hours") }}
        group by asked.source, asked.order_id
    )

select *
from final
