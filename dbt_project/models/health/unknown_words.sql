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
    -- once a line, however many of a transcript's calls are of the tool, or of its messages of the role
    in_expanded_lines as (
        select lines.source, lines.feed, unknown.element.field as field, unknown.element.word as word, 1 as lines
        from {{ ref("stg_expanded_lines") }} as lines
        cross join lateral {{ unnested("lines.unknown_words", "unknown") }}
        where lines.verdict = 'accepted' and lines.unknown_words is not null
    ),

    -- a transcript's channel is in each of its records
    in_made_records as (
        {%- for feed, field in fields if is_expanded_into(feed) %}
            select distinct
                source,
                batch_id,
                file_path,
                line_number,
                expanded_from,
                '{{ field }}' as field,
                {{ field }}_text as word
            from {{ ref("stg_expanded_" ~ feed) }}
            where verdict = 'accepted' and {{ field }}_text is not null {{ "union all" if not loop.last }}
        {%- endfor %}
    ),

    kept as (
        select *
        from in_expanded_lines
        union all
        select source, expanded_from as feed, field, word, 1 as lines
        from in_made_records
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
        select *, row_number() over (partition by source order by lines desc, feed asc, field asc, word asc) as row_rank
        from counted
    ),

    final as (select source, feed, field, word, lines from ranked where row_rank <= {{ most }})

select *
from final
