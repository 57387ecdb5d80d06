{#- Of several versions of an object one is current: the greatest instant, then the greatest rank (of transcripts, the number
    of messages), then the last delivered (spec §2.2 and §2.3.2). What is said of the whole counts from the newest version
    that says whether the agent took part, which nearly always is the current one. -#}
{% set newest_first %}
version_at desc nulls last,
version_rank desc nulls last,
batch_id desc,
file_path desc,
line_number desc
{% endset %}
{% set object = "feed, source, object_id" %}

with
    lines as (
        select
            batch_id,
            file_path,
            line_number,
            feed,
            source,
            object_id,
            version_at,
            version_rank,
            is_gone,
            took_part,
            needs_record,
            count(*) over (partition by {{ object }}) as versions
        from {{ ref("stg_expanded_lines") }}
        where verdict = 'accepted' and object_id is not null
    ),

    -- asked only of objects with several versions: most have one, and it is current whatever its records are
    with_accepted_records as (
        {%- for feed in feeds_made() %}
            select records.batch_id, records.file_path, records.line_number
            from {{ ref("stg_expanded_" ~ feed) }} as records
            inner join lines using (batch_id, file_path, line_number)
            where
                records.verdict = 'accepted'
                and lines.needs_record
                and lines.versions > 1 {{ "union" if not loop.last }}
        {%- endfor %}
    ),

    accepted as (select distinct batch_id, file_path, line_number from with_accepted_records),

    ranked as (
        select
            lines.* except (versions),
            row_number() over (
                partition by {{ object }}
                order by (accepted.batch_id is not null or not lines.needs_record) desc, {{ newest_first }}
            ) as row_rank
        from lines
        left join accepted using (batch_id, file_path, line_number)
    ),

    -- only objects of which a line says that they are gone, or does not say that the agent took part
    flagged as (select distinct feed, source, object_id from ranked where is_gone or took_part is not true),

    participation as (
        select
            ranked.batch_id,
            ranked.file_path,
            ranked.line_number,
            ranked.took_part is not null
            and row_number() over (partition by {{ object }}, ranked.took_part is null order by {{ newest_first }})
            = 1 as is_newest_known
        from ranked
        inner join flagged using (feed, source, object_id)
    ),

    counting as (
        select
            feed,
            source,
            object_id,
            not {{ any_true("ranked.row_rank = 1 and ranked.is_gone") }}
            and {{ any_true("participation.is_newest_known and ranked.took_part") }} as counts
        from ranked
        inner join participation using (batch_id, file_path, line_number)
        group by feed, source, object_id
    ),

    final as (
        select
            ranked.batch_id,
            ranked.file_path,
            ranked.line_number,
            ranked.feed,
            ranked.source,
            ranked.object_id,
            ranked.version_at,
            ranked.version_rank,
            ranked.row_rank = 1 as is_current,
            coalesce(participation.is_newest_known, ranked.row_rank = 1) as is_current_whole,
            coalesce(counting.counts, true) as counts
        from ranked
        left join participation using (batch_id, file_path, line_number)
        left join counting using (feed, source, object_id)
    )

select *
from final
