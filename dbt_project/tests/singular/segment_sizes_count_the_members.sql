-- This run's sizes are the counts of this run's members; gives the segments and sources for which that is not so.
with
    members as (
        select segment_id, source, as_of, count(*) as members
        from {{ ref("segment_membership") }}
        group by segment_id, source, as_of
    )

select segment_id, source, members.members as members_found, sizes.members as members_counted
from members
left join {{ ref("segment_sizes") }} as sizes using (segment_id, source, as_of)
where {{ differs("members.members", "sizes.members") }}
