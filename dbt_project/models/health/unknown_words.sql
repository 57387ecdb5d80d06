{% set longest, most = 100, 1000 %}  {# characters of a word, words of a source (spec §2.0.14) #}

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

    {% for feed, spec in var("feeds").items() if feed != "chat_transcripts" -%}
        {%- for field in spec.fields if field.get("unknown") -%}
            {{ feed }}_{{ field.name }} as (
                select
                    source, '{{ feed }}' as feed, '{{ field.name }}' as field, {{ field.name }}_text as word, 1 as lines
                from {{ ref("stg_" ~ feed) }}
                where verdict = 'accepted' and {{ field.name }}_text is not null
            ),

        {% endfor -%}
    {%- endfor -%}

    kept as (
        select *
        from in_transcripts
        union all
        select source, 'chat_transcripts' as feed, 'channel' as field, channel_text as word, 1 as lines
        from channels
        {%- for feed, spec in var("feeds").items() if feed != "chat_transcripts" %}
            {%- for field in spec.fields if field.get("unknown") %}
                union all
                select *
                from {{ feed }}_{{ field.name }}
            {%- endfor %}
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
