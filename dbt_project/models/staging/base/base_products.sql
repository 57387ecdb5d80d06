{% set faults = faults_of(
    [
        required("product_id", "id"),
        required("updated_at", "instant"),
        optional("sku", "id"),
        optional("title", "text"),
        optional("price", "money"),
        optional("url", "text"),
        optional("in_stock", "boolean"),
    ]
) %}

with
    lines as ({{ new_lines("products") }}),

    given as (
        {{
            given_fields(
                "lines",
                "products",
                [
                    "product_id",
                    "updated_at",
                    "sku",
                    "title",
                    "price",
                    "url",
                    "in_stock",
                ],
            )
        }}
    ),

    typed as (
        select
            given.*,
            {{ as_id("product_id") }} as product_id,
            {{ as_instant("updated_at") }} as updated_at,
            {{ as_id("sku") }} as sku,
            {{ as_text("title") }} as title,
            {{ as_money("price") }} as price,
            {{ as_text("url") }} as url,
            {{ as_boolean("in_stock") }} as in_stock
        from given
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
            {{ origin_of("products") }}
            {{ refusal_columns(faults) }},
            {{ unless_erased("unknown_fields") }} as unknown_fields,
            product_id,
            updated_at,
            sku,
            title,
            price,
            url,
            coalesce(in_stock, true) as in_stock,
            {{ "coalesce(object_id like 'delete:%', false)" if is_expanded_into("products") else "false" }}
            as is_deletion
        from checked
    )

select *
from final
