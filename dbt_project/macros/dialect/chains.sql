{# The CTE `hops`, for a statement that begins with `with recursive`: how far each of `edges` (source, profile_id, target)
   leads, and the smallest id on the way. Pointers are doubled: each round goes twice as far, and only those go on that
   have not come to an end. Whoever has gone as many steps as there are edges goes round in a cycle. One row is kept of
   each edge, whatever the rounds. #}
{% macro doubled_pointers(edges) -%}
    hops (source, profile_id, target, smallest, steps) using key (source, profile_id) as (
        select source, profile_id, target, least(profile_id, target), cast(1 as bigint)
        from {{ edges }}
        union
        select near.source, near.profile_id, far.target, least(near.smallest, far.smallest), near.steps * 2
        from hops as near
        inner join recurring.hops as far on near.source = far.source and near.target = far.profile_id
        where near.steps < (select count(*) from {{ edges }})
    )
{%- endmacro %}
