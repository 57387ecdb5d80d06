{#- Parts outlive versions, as webhooks and limits deliver partial objects: of a part, the newest version that lists it counts
    (spec §2.3.3), even where that makes no record of it. -#}
with
    lines as (
        select batch_id, file_path, line_number, feed, source, object_id, version_at, version_rank, parts
        from {{ ref("stg_expanded_lines") }}
        where verdict = 'accepted' and parts is not null
    ),

    listed as (
        select lines.* except (parts), listed.element as part
        from lines
        cross join lateral {{ unnested("lines.parts", "listed") }}
    ),

    ranked as (
        select
            batch_id,
            file_path,
            line_number,
            part,
            row_number() over (
                partition by feed, source, object_id, part
                order by
                    version_at desc nulls last,
                    version_rank desc nulls last,
                    batch_id desc,
                    file_path desc,
                    line_number desc
            ) as row_rank
        from listed
    ),

    final as (select batch_id, file_path, line_number, part from ranked where row_rank = 1)

select *
from final
