{% set longest, most = 100, 1000 %}  {# characters of a word, words of a source (spec §2.0.14) #}
{# the fields in which the text of an unknown word is kept #}
{% set fields = [
    ("conversation_log", "channel"),
    ("orders", "status"),
    ("consents", "status"),
    ("suppressions", "channel"),
    ("suppressions", "action"),
    ("message_sends", "kind"),
] %}

with
    -- once a transcript, however many of its calls are of the tool, or of its messages of the role
    in_transcripts as (
        select
            transcripts.source,
            'chat_transcripts' as feed,
            unknown.element.field as field,
            unknown.element.word as word,
            1 as lines
        from {{ ref("stg_chat_transcripts") }} as transcripts
        cross join lateral {{ unnested("transcripts.unknown_words", "unknown") }}
        where transcripts.verdict = 'accepted' and transcripts.unknown_words is not null
    ),

    -- its channel stands in each of its records
    channels as (
        select distinct source, batch_id, file_path, line_number, channel_text
        from {{ ref("stg_transcript_records") }}
        where verdict = 'accepted' and channel_text is not null
    ),

    kept as (
        select *
        from in_transcripts
        union all
        select source, 'chat_transcripts' as feed, 'channel' as field, channel_text as word, 1 as lines
        from channels
        {%- for feed, field in fields %}
            union all
            select source, '{{ feed }}' as feed, '{{ field }}' as field, {{ field }}_text as word, 1 as lines
            from {{ ref("stg_" ~ feed) }}
            where verdict = 'accepted' and {{ field }}_text is not null
        {%- endfor %}
    ),

    counted as (
        select source, feed, field, substring(word, 1, {{ longest }}) as word, cast(sum(lines) as bigint) as lines
        from kept
        group by source, feed, field, substring(word, 1, {{ longest }})
    ),

    ranked as (
        select *, row_number() over (partition by source order by lines desc, feed asc, field asc, word asc) as place
        from counted
    )

select source, feed, field, word, lines
from ranked
where place <= {{ most }}
