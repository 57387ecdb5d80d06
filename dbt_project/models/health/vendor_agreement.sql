{#- A vendor's own count of an event against the rows of ours (spec §2.3.11). A difference is explained by codes that add up to
    it, or by none: refused (an event's record is), repeated (several starts of one conversation, two ends of one in one
    second), metric_changed (the newest version of an event is of another metric), other_feed (rows of ours that the
    vendor's events did not make). -#}
{% set vendors = vendors_that_count() %}
{% set tables = {
    "conversation_started": "conversation_started",
    "conversation_resolved": "conversation_resolved",
    "conversation_escalated": "conversation_escalated",
    "recommendation_received": "product_recommendation_received",
} %}
{% set codes = ["refused", "repeated", "metric_changed", "other_feed"] %}
{% set bits -%}
    cast(0 as bigint)
    {%- for code in codes %} + case when {{ code }} > 0 then {{ 2 ** loop.index0 }} else 0 end{% endfor %}
{%- endset %}
{% for table in tables.values() -%}
-- depends_on: {{ ref(table) }}
{% endfor -%}
-- depends_on: {{ ref("ingestion_ledger") }}
-- depends_on: {{ ref("stg_expanded_lines") }}
-- depends_on: {{ ref("stg_expanded_conversation_log") }}
-- depends_on: {{ ref("int_expanded_versions") }}
with
    {% if vendors -%}
        metrics as (
            {%- for metric, table in tables.items() %}
                select '{{ metric }}' as metric, '{{ table }}' as name {{ "union all" if not loop.last }}
            {%- endfor %}
        ),

        vendors as (
            {%- for feed, vendor in vendors.items() %}
                select '{{ feed }}' as feed, '{{ vendor }}' as vendor {{ "union all" if not loop.last }}
            {%- endfor %}
        ),

        sources as (
            select distinct ledger.source, vendors.feed, vendors.vendor
            from {{ ref("ingestion_ledger") }} as ledger
            inner join vendors on vendors.feed = ledger.feed
        ),

        lines as (
            select batch_id, file_path, line_number, source, feed, object_id, metric
            from {{ ref("stg_expanded_lines") }}
            where verdict = 'accepted' and object_id is not null and feed in (select feed from vendors)
        ),

        object_metrics as (select distinct source, feed, object_id, metric from lines where metric is not null),

        -- an event's newest version may be of another metric than an older one
        newest as (
            select
                object_metrics.source,
                object_metrics.feed,
                object_metrics.metric,
                lines.batch_id,
                lines.file_path,
                lines.line_number,
                coalesce(lines.metric = object_metrics.metric, false) as is_of_metric
            from object_metrics
            inner join
                lines
                on lines.source = object_metrics.source
                and lines.feed = object_metrics.feed
                and lines.object_id = object_metrics.object_id
            inner join
                {{ ref("int_expanded_versions") }} as versions
                on versions.is_current
                and {{ same_line("versions", "lines") }}
        ),

        records as (
            select
                newest.source,
                newest.feed,
                newest.metric,
                {{ qualified(line_key(), "newest") }},
                made.verdict,
                made.conversation_id,
                made.occurred_at,
                row_number() over (partition by {{ qualified(line_key(), "newest") }} order by made.record_index desc)
                = 1 as is_last
            from newest
            inner join {{ ref("stg_expanded_conversation_log") }} as made on {{ same_line("made", "newest") }}
            where newest.is_of_metric
        ),

        refused as (
            select source, feed, metric, count(*) as refused
            from
                (
                    select distinct source, feed, metric, {{ line_key() | join(", ") }}
                    from records
                    where verdict = 'rejected'
                ) as refused_lines
            group by source, feed, metric
        ),

        made as (
            select
                source,
                feed,
                metric,
                conversation_id,
                case when metric <> 'conversation_started' then {{ whole_second("occurred_at") }} end as ended_at,
                count(*) as events
            from records
            where is_last and verdict = 'accepted' and metric <> 'recommendation_received'
            group by 1, 2, 3, 4, 5
        ),

        repeated as (
            select source, feed, metric, sum(events) - count(*) as repeated from made group by source, feed, metric
        ),

        counted as (
            select source, feed, metric, count(*) as events, count(*) filter (where not is_of_metric) as metric_changed
            from newest
            group by source, feed, metric
        ),

        ours as (
            {%- for table in tables.values() %}
                select
                    events.source,
                    sources.vendor,
                    '{{ table }}' as name,
                    count(*) as events,
                    count(*) filter (
                        where not {{ begins_with("events.record_id", "sources.vendor || ':'") }}
                    ) as other_feed
                from {{ ref(table) }} as events
                inner join (select distinct source, vendor from sources) as sources on sources.source = events.source
                group by events.source, sources.vendor {{ "union all" if not loop.last }}
            {%- endfor %}
        ),

        figures as (
            select
                sources.source,
                sources.vendor,
                metrics.name,
                coalesce(counted.events, 0) as vendor_count,
                coalesce(ours.events, 0) as our_count,
                coalesce(counted.events, 0) - coalesce(ours.events, 0) as difference,
                coalesce(refused.refused, 0) as refused,
                cast(coalesce(repeated.repeated, 0) as bigint) as repeated,
                coalesce(counted.metric_changed, 0) as metric_changed,
                coalesce(ours.other_feed, 0) as other_feed
            from sources
            cross join metrics
            left join
                counted
                on counted.source = sources.source
                and counted.feed = sources.feed
                and counted.metric = metrics.metric
            left join
                refused
                on refused.source = sources.source
                and refused.feed = sources.feed
                and refused.metric = metrics.metric
            left join
                repeated
                on repeated.source = sources.source
                and repeated.feed = sources.feed
                and repeated.metric = metrics.metric
            left join ours on ours.source = sources.source and ours.vendor = sources.vendor and ours.name = metrics.name
        ),

    {% endif -%}
    final as (
        {% if vendors -%}
            select
                source,
                vendor,
                name,
                vendor_count,
                our_count,
                difference,
                case
                    when difference <> 0 and refused + repeated + metric_changed - other_feed = difference
                    then {{ joined_list(names_of_bits(codes, bits), ", ") }}
                end as explanation
            from figures
        {%- else -%}
            select
                cast(null as string) as source,
                cast(null as string) as vendor,
                cast(null as string) as name,
                cast(null as bigint) as vendor_count,
                cast(null as bigint) as our_count,
                cast(null as bigint) as difference,
                cast(null as string) as explanation
            where false
        {%- endif %}
    )

select *
from final
