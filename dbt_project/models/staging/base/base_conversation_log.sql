{% set faults = faults_of(
    [
        required("record_id", "id"),
        required("conversation_id", "id"),
        required("occurred_at", "instant"),
        required("record_type", "word", "record_type"),
        of_type("message", [required("actor", "word", "actor"), optional("text", "text")]),
        of_type("skill_changed", [required("skill", "text")]),
        of_type(
            "products_recommended", [required("products", "products"), optional("layout", "word", "layout")]
        ),
        of_type(
            "status_changed",
            [
                required("status", "word", "status"),
                optional("actor", "word", "actor"),
                optional("escalation_reason", "text"),
            ],
        ),
        of_type("tags_applied", [required("tags", "texts")]),
        of_type("link_clicked", [required("url", "text"), optional("product_id", "id")]),
        of_type("added_to_cart", [required("product_id", "id"), optional("quantity", "quantity")]),
        optional("sequence", "integer"),
        optional("channel", "word", "channel", kept=true),
        optional("mode", "word", "mode"),
        optional("actor", "word", "actor"),
        optional("skill", "text"),
        optional("tags", "texts"),
        optional_profile(),
    ]
) %}

with
    lines as ({{ new_lines("conversation_log") }}),

    given as (
        {{
            given_fields(
                "lines",
                "conversation_log",
                [
                    "record_id",
                    "conversation_id",
                    "occurred_at",
                    "record_type",
                    "actor",
                    "text",
                    "skill",
                    "products",
                    "layout",
                    "status",
                    "escalation_reason",
                    "tags",
                    "url",
                    "product_id",
                    "quantity",
                    "sequence",
                    "channel",
                    "mode",
                ],
                profile=true,
                words_of=["record_type", "actor", "layout", "status", "channel", "mode"],
                lists={"products": "products", "tags": "texts"},
            )
        }}
    ),

    typed as (
        select
            given.*,
            {{ as_id("record_id") }} as record_id,
            {{ as_id("conversation_id") }} as conversation_id,
            {{ as_instant("occurred_at") }} as occurred_at,
            {{ as_word("record_type") }} as record_type,
            {{ as_word("actor") }} as actor,
            {{ as_text("text") }} as text,
            {{ as_text("skill") }} as skill,
            {{ as_word("layout") }} as layout,
            {{ as_word("status") }} as status,
            {{ as_text("escalation_reason") }} as escalation_reason,
            {{ as_text("url") }} as url,
            {{ as_id("product_id") }} as product_id,
            {{ as_quantity("quantity") }} as quantity,
            {{ as_integer("sequence") }} as sequence,
            {{ as_word("channel") }} as channel,
            {{ as_word("mode") }} as mode,
            {{ as_id("profile_id") }} as profile_id,
            {{ as_text("email") }} as email,
            {{ as_phone("phone_number") }} as phone_number,
            {{ as_id("external_id") }} as external_id,
            {{ as_id("anonymous_id") }} as anonymous_id
        from
            given
            {{ join_words("record_type", "record_type") }}
            {{ join_words("actor", "actor") }}
            {{ join_words("layout", "layout") }}
            {{ join_words("status", "status") }}
            {{ join_words("channel", "channel") }}
            {{ join_words("mode", "mode") }}
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
            {{ origin_of("conversation_log") }}
            {{ refusal_columns(faults) }},
            {{ unless_erased("unknown_fields") }} as unknown_fields,
            record_id,
            conversation_id,
            occurred_at,
            record_type,
            actor,
            case when record_type = 'message' then {{ unless_erased("text") }} end as text,
            skill,
            case
                when record_type = 'products_recommended' then coalesce(products, {{ empty_text_list() }})
            end as products,
            case
                when record_type = 'products_recommended'
                then coalesce(layout, case when {{ list_size("products") }} = 1 then 'card' else 'list' end)
            end as layout,
            case when record_type = 'status_changed' then status end as status,
            case
                when record_type = 'status_changed' then {{ unless_erased("escalation_reason") }}
            end as escalation_reason,
            coalesce({{ unless_erased("tags") }}, {{ empty_text_list() }}) as tags,
            case when record_type = 'link_clicked' then {{ unless_erased("url") }} end as url,
            case when record_type in ('link_clicked', 'added_to_cart') then product_id end as product_id,
            case when record_type = 'added_to_cart' then coalesce(quantity, 1) end as quantity,
            coalesce(sequence, 0) as sequence,
            {{ known_or("channel", "unknown") }} as channel,
            {{ unknown_text("channel") }} as channel_text,
            coalesce(mode, 'live') as mode,
            {{ unless_erased("profile_id") }} as profile_id,
            {{ unless_erased("email") }} as email,
            {{ unless_erased("phone_number") }} as phone_number,
            {{ unless_erased("external_id") }} as external_id,
            {{ unless_erased("anonymous_id") }} as anonymous_id,
            erased_category
        from checked
    )

select *
from final
