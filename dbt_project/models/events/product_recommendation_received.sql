with
    events as ({{ events_to_build("product_recommendation_received") }}),

    records as (
        select source, conversation_id, record_id, products, layout
        from {{ ref("int_log_records") }}
        where record_type = 'products_recommended' and {{ of_conversations_in(ref("int_conversations_to_rebuild")) }}
    ),

    final as (
        select
            {{
                event_columns(
                    "product_recommendation_received", ["events.source", "events.conversation_id", "events.record_id"]
                )
            }},
            records.products,
            cast({{ list_size("records.products") }} as integer) as product_count,
            records.layout,
            events.skill_at as skill
        from events
        inner join records using (source, conversation_id, record_id)
    )

select *
from final
