{% set faults = faults_of(
    [
        required("profile_id", "id"),
        required("updated_at", "instant"),
        optional("email", "text"),
        optional("phone_number", "phone"),
        optional("external_id", "id"),
        optional("anonymous_ids", "ids"),
        optional("merged_into", "id"),
    ]
) %}

with
    lines as ({{ new_lines("profiles") }}),

    given as (
        {{
            given_fields(
                "lines",
                "profiles",
                [
                    "profile_id",
                    "updated_at",
                    "email",
                    "phone_number",
                    "external_id",
                    "anonymous_ids",
                    "merged_into",
                ],
                lists={"anonymous_ids": "ids"},
            )
        }}
    ),

    typed as (
        select
            given.*,
            {{ as_id("profile_id") }} as profile_id,
            {{ as_instant("updated_at") }} as updated_at,
            {{ as_text("email") }} as email,
            {{ as_phone("phone_number") }} as phone_number,
            {{ as_id("external_id") }} as external_id,
            {{ as_id("merged_into") }} as merged_into
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
            {{ origin_of("profiles") }}
            {{ refusal_columns(faults) }},
            {{ unless_erased("unknown_fields") }} as unknown_fields,
            profile_id,
            updated_at,
            {{ unless_erased("email") }} as email,
            {{ unless_erased("phone_number") }} as phone_number,
            {{ unless_erased("external_id") }} as external_id,
            coalesce({{ unless_erased("anonymous_ids") }}, {{ empty_text_list() }}) as anonymous_ids,
            merged_into,
            is_erased
        from checked
    )

select *
from final
