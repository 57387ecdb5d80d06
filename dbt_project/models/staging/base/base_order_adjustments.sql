{% set kinds = ["cancelled", "refunded"] %}
{% set faults = faults_of(
    [
        required("adjustment_id", "id"),
        required("order_id", "id"),
        required("kind", "choice", words=kinds),
        required("occurred_at", "instant"),
        optional("amount", "money"),
    ]
) %}

with
    lines as ({{ new_lines("order_adjustments") }}),

    given as (
        {{
            given_fields(
                "lines",
                "order_adjustments",
                [
                    "adjustment_id",
                    "order_id",
                    "kind",
                    "occurred_at",
                    "amount",
                ],
                words_of=["kind"],
            )
        }}
    ),

    typed as (
        select
            given.*,
            {{ as_id("adjustment_id") }} as adjustment_id,
            {{ as_id("order_id") }} as order_id,
            {{ as_choice("kind", kinds) }} as kind,
            {{ as_instant("occurred_at") }} as occurred_at,
            {{ as_money("amount") }} as amount
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
            {{ origin_of("order_adjustments") }}
            {{ refusal_columns(faults) }},
            {{ unless_erased("unknown_fields") }} as unknown_fields,
            adjustment_id,
            order_id,
            kind,
            occurred_at,
            coalesce(amount, 0) as amount
        from checked
    )

select *
from final
