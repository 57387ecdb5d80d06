{% set faults = faults_of(
    [
        required("order_id", "id"),
        required("placed_at", "instant"),
        optional("updated_at", "instant"),
        optional_profile(),
        optional("status", "word", "order_status", kept=true),
        optional("currency", "currency"),
        optional("total", "money"),
        optional("refunded_total", "money"),
        optional("items", "items"),
    ]
) %}

with
    lines as ({{ new_lines("orders") }}),

    given as (
        {{
            given_fields(
                "lines",
                "orders",
                [
                    "order_id",
                    "placed_at",
                    "updated_at",
                    "status",
                    "currency",
                    "total",
                    "refunded_total",
                    "items",
                ],
                profile=true,
                words_of=["status"],
                lists={"items": "items"},
            )
        }}
    ),

    typed as (
        select
            given.*,
            {{ as_id("order_id") }} as order_id,
            {{ as_instant("placed_at") }} as placed_at,
            {{ as_instant("updated_at") }} as updated_at,
            {{ as_id("profile_id") }} as profile_id,
            {{ as_text("email") }} as email,
            {{ as_phone("phone_number") }} as phone_number,
            {{ as_id("external_id") }} as external_id,
            {{ as_id("anonymous_id") }} as anonymous_id,
            {{ as_word("status") }} as status,
            {{ as_currency("currency") }} as currency,
            {{ as_money("total") }} as total,
            {{ as_money("refunded_total") }} as refunded_total
        from given {{ join_words("status", "order_status") }}
    ),

    checked as (select *, {{ fault_bits(faults) }} as faults from typed),

    final as (
        select
            batch_id,
            file_path,
            line_number,
            source,
            ingested_at,
            gave_way,
            {{ origin_of("orders") }}
            {{ refusal_columns(faults) }},
            {{ unless_erased("unknown_fields") }} as unknown_fields,
            order_id,
            placed_at,
            coalesce(updated_at, placed_at) as updated_at,
            {{ unless_erased("profile_id") }} as profile_id,
            {{ unless_erased("email") }} as email,
            {{ unless_erased("phone_number") }} as phone_number,
            {{ unless_erased("external_id") }} as external_id,
            {{ unless_erased("anonymous_id") }} as anonymous_id,
            coalesce({{ known_or("status", "placed") }}, 'placed') as status,
            {{ unknown_text("status") }} as status_text,
            coalesce(currency, source_currency) as currency,
            coalesce(total, 0) as total,
            coalesce(refunded_total, 0) as refunded_total,
            coalesce(items, {{ empty_item_list() }}) as items
        from checked
    )

select *
from final
