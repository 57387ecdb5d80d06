{#- An example, to change or to delete: known people who never started a conversation. A segment has these four columns.
    It may read any model of caw, and use the conditions of its guide by their package:
    caw.segment(caw.did("conversation_started", in_last_days=30)) -#}
with
    people as (select * from {{ ref("caw", "int_people") }}),

    talkers as (select source, profile_id from {{ ref("caw", "conversation_started") }}),

    run as (select as_of from {{ ref("caw", "int_run") }}),

    final as (
        select people.source, people.profile_id, run.as_of as qualified_at, run.as_of
        from people
        anti join talkers using (source, profile_id)
        cross join run
    )

select *
from final
