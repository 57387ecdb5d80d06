{% set log_feeds = ["conversation_log"] + feeds_expanded_into("conversation_log") %}
{% set events = [
    "conversation_started",
    "conversation_resolved",
    "conversation_escalated",
    "product_recommendation_received",
] %}

with
    sources as (select * from {{ ref("int_landed_sources") }}),

    events as (
        {%- for event in events %}
            select '{{ event }}' as event_name, {{ loop.index }} as position {{ "union all" if not loop.last }}
        {%- endfor %}
    ),

    fired as (
        select
            source,
            event_name,
            count(*) as events,
            count(*) filter (where occurred_at > {{ minus_hours(as_of(), 24) }}) as events_last_24h,
            count(*) filter (where occurred_at > {{ minus_days(as_of(), 7) }}) as events_last_7d,
            min(occurred_at) as first_at,
            max(occurred_at) as last_at
        from {{ ref("activity_feed") }}
        where occurred_at <= {{ as_of() }}
        group by source, event_name
    ),

    landed as (
        select
            source,
            coalesce(sum(lines - blank) filter (where status = 'loaded'), 0) as lines,
            count(*) filter (where status = 'failed') as failed_files,
            coalesce(sum(accepted) filter (where feed <> 'conversation_log'), 0) as transcripts,
            coalesce(sum(rejected) filter (where feed <> 'conversation_log'), 0) as refused_transcripts,
            coalesce(sum(accepted) filter (where feed not in ('conversation_log', 'chat_transcripts')), 0) as of_vendors
        from {{ ref("ingestion_ledger") }}
        where feed in ({% for feed in log_feeds %}'{{ feed }}'{{ ", " if not loop.last }}{% endfor %})
        group by source
    ),

    -- of a transcript, the line is refused, which the ledger counts, or else one or more of its records are
    refused_of_transcripts as (
        select source, count(*) as refused
        from {{ ref("rejected_records") }}
        where feed in ({% for feed in log_feeds[1:] %}'{{ feed }}'{{ ", " if not loop.last }}{% endfor %})
        group by source
    ),

    conversations as (
        select source, count(*) as conversations, count(*) filter (where not is_preview) as live
        from {{ ref("int_conversations") }}
        group by source
    ),

    starts as (select source, events as starts from fired where event_name = 'conversation_started'),

    figures as (
        select
            sources.source,
            events.event_name,
            coalesce(fired.events, 0) as events,
            coalesce(fired.events_last_24h, 0) as events_last_24h,
            coalesce(fired.events_last_7d, 0) as events_last_7d,
            fired.first_at,
            fired.last_at,
            case
                when coalesce(fired.events, 0) = 0
                then 'no_events'
                when fired.events_last_24h > 0
                then 'flowing'
                else 'stale'
            end as status,
            coalesce(landed.lines, 0) as lines_landed,
            coalesce(landed.failed_files, 0) as failed_files,
            coalesce(landed.transcripts, 0) as transcripts_accepted,
            coalesce(landed.of_vendors, 0) as vendor_lines_accepted,
            coalesce(refused_of_transcripts.refused, 0)
            - coalesce(landed.refused_transcripts, 0) as transcript_records_refused,
            coalesce(conversations.conversations, 0) as conversations,
            coalesce(conversations.live, 0) as live_conversations,
            coalesce(starts.starts, 0) as starts
        from sources
        cross join events
        left join fired using (source, event_name)
        left join landed using (source)
        left join refused_of_transcripts using (source)
        left join conversations using (source)
        left join starts using (source)
    ),

    final as (
        select
            figures.source,
            figures.event_name,
            figures.events,
            figures.events_last_24h,
            figures.events_last_7d,
            figures.first_at,
            figures.last_at,
            figures.status,
            case
                when figures.status = 'flowing'
                then 'Flowing: this event fired in the last 24 hours; nothing to do.'
                when figures.status = 'stale' and figures.event_name = 'conversation_started'
                then
                    'Stale: no conversation has started for 24 hours, so the agent may be switched off or its export stopped; check both.'
                when figures.status = 'stale'
                then
                    'Stale: it has fired, but not in the last 24 hours, which a rare event may well do; look at conversation_started before worrying.'
                when figures.lines_landed = 0 and figures.failed_files > 0
                then
                    'Files of a conversation log have landed, but none could be read; health.ingestion_ledger says why, file by file.'
                when figures.lines_landed = 0
                then
                    'No conversation log has landed for this source; land files under '
                    || figures.source
                    || '/conversation_log/ or check the export that should.'
                when
                    figures.conversations = 0
                    and figures.vendor_lines_accepted > 0
                    and figures.transcript_records_refused > 0
                then
                    'Lines of a vendor were accepted, but all of their records were refused; read health.rejected_records for the reasons and mend the export.'
                when figures.conversations = 0 and figures.vendor_lines_accepted > 0
                then
                    'Lines of a vendor were accepted, but make no record; health.unknown_words has the names that no seed knows, and `caw doctor` the rows that would make them known.'
                when
                    figures.conversations = 0
                    and figures.transcripts_accepted > 0
                    and figures.transcript_records_refused > 0
                then
                    'Transcripts were accepted, but all of their records were refused; read health.rejected_records for the reasons and mend the export.'
                when figures.conversations = 0 and figures.transcripts_accepted > 0
                then
                    'Transcripts were accepted, but make no record; check that their messages have content or tool calls, and roles that vocabulary role of word_aliases.csv knows.'
                when figures.conversations = 0
                then
                    'A conversation log has landed, but all of it was rejected; read health.rejected_records for the reasons and mend the export.'
                when figures.live_conversations = 0
                then
                    'All conversations are previews, which fire no event; publish the agent, or check the mode that the export writes.'
                when figures.starts = 0
                then
                    'There are conversations, but none was started by a customer up to as_of; check that customer messages are exported with the actor customer.'
                else
                    'Other events flow, or did, and this one has never fired; check that the agent is set up for it and that its records are exported.'
            end as diagnosis,
            run.as_of
        from figures
        cross join {{ ref("int_run") }} as run
    )

select *
from final
