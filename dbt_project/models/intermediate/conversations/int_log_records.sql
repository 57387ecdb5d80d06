{{ config(materialized=as_view()) }}

{% set columns = ["batch_id", "source", "ingested_at"] + log_record_columns() + ["erased_category"] %}

with
    logged as {{ not_materialized() }} (
        select {{ columns | join(", ") }}, false as time_from_start
        from {{ ref("stg_conversation_log") }}
        where verdict = 'accepted'
    ),

    all_made as {{ not_materialized() }} (
        {{
            current_records(
                "conversation_log",
                columns + ["time_from_start", "expanded_from", "file_path", "line_number", "record_index"],
            )
        }}
    ),

    once_per_conversation as {{ not_materialized() }} (
        select *
        from all_made
        where
            not exists (
                select 1
                from {{ ref("int_cross_feed_duplicates") }} as again
                where
                    again.expanded_from = all_made.expanded_from
                    and again.source = all_made.source
                    and again.conversation_id = all_made.conversation_id
                    and again.record_id = all_made.record_id
            )
    ),

    made as {{ not_materialized() }} ({{ placed_records("once_per_conversation", columns + ["time_from_start"]) }}),

    -- only of conversations that both know: where none is made of other feeds' lines, the log is not even looked at
    logged_too as (
        select logged.source, logged.conversation_id, logged.record_id
        from logged
        inner join
            (select distinct source, conversation_id from made) as known
            on logged.source = known.source
            and logged.conversation_id = known.conversation_id
    ),

    final as (
        select *
        from logged
        union all
        select *
        from made
        where
            not exists (
                select 1
                from logged_too
                where
                    logged_too.source = made.source
                    and logged_too.conversation_id = made.conversation_id
                    and logged_too.record_id = made.record_id
            )
    )

select *
from final
