{% set most_fields = 1000 %}  {# of a source: machines that write a key per thing have no end of names #}
{% set longest_name = 100 %}
{% set feeds = var("feeds") %}

with
    -- lines write the same few lists of members again and again: the lists are counted, then taken apart
    counted as (
        {% for feed in feeds %}
            select source, '{{ feed }}' as feed, unknown_fields, batch_id, file_path, count(*) as lines
            from {{ ref("stg_" ~ feed) }}
            where unknown_fields is not null and verdict = 'accepted'
            group by source, unknown_fields, batch_id, file_path {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    named as (
        select
            counted.source,
            counted.feed,
            counted.lines,
            counted.batch_id,
            counted.file_path,
            {{ json_text("members.element") }} as field
        from counted
        cross join lateral {{ unnested(json_elements("counted.unknown_fields"), "members") }}
    ),

    aliases as (
        select {{ trimmed("source") }} as source, {{ trimmed("feed") }} as feed, {{ trimmed("field") }} as field
        from {{ ref("field_aliases") }}
    ),

    known as (select feed, name, position from {{ ref("int_feed_fields") }}),

    unread as (
        select
            named.source,
            named.feed,
            substring(named.field, 1, {{ longest_name }}) as field,
            sum(named.lines) as lines,
            {{ value_at_least("named.file_path", "named.batch_id || named.file_path") }} as first_file_path
        from
            named {{ anti_join() }} known
            on known.feed = named.feed
            and known.name = named.field {{ anti_join() }} aliases
            on aliases.feed = named.feed
            and aliases.field = named.field
            and aliases.source in (named.source, '*')
        group by named.source, named.feed, substring(named.field, 1, {{ longest_name }})
    ),

    ranked as (
        select *, row_number() over (partition by source order by lines desc, feed, field) as field_rank from unread
    ),

    most_frequent as (select * from ranked where field_rank <= {{ most_fields }}),

    -- a top-level name is held against the last part of profile.<name>, too: the team may not have nested it
    compared as (
        select
            unread.feed,
            unread.field,
            known.name,
            known.position,
            {{ field_distance("unread.field", "known.name") }} as distance
        from (select distinct feed, field from most_frequent) as unread
        inner join known using (feed)
    ),

    nearest as (
        select feed, field, {{ value_at_least("name", "distance * 1000 + position") }} as name
        from compared
        where distance <= {{ near_enough("field") }}
        group by feed, field
    ),

    final as (
        select
            most_frequent.source,
            most_frequent.feed,
            most_frequent.field,
            cast(most_frequent.lines as bigint) as lines,
            most_frequent.first_file_path,
            nearest.name as nearest
        from most_frequent
        left join nearest on nearest.feed = most_frequent.feed and nearest.field = most_frequent.field
    )

select *
from final
