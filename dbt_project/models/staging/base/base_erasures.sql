{% set faults = faults_of(
    [
        required("request_id", "id"),
        required("requested_at", "date"),
        optional("profile_id", "id"),
        optional("email", "text"),
        optional("phone_number", "phone"),
        optional("phone", "phone"),
        one_of(["profile_id", "email", "phone_number", "phone"]),
    ]
) %}

with
    lines as ({{ new_lines("erasures") }}),

    given as (
        {{
            given_fields(
                "lines",
                "erasures",
                [
                    "request_id",
                    "requested_at",
                    "profile_id",
                    "email",
                    "phone_number",
                    "phone",
                ],
            )
        }}
    ),

    typed as (
        select
            given.*,
            {{ as_id("request_id") }} as request_id,
            {{ as_instant("requested_at", dates=true) }} as requested_at,
            {{ as_id("profile_id") }} as profile_id,
            {{ as_text("email") }} as email,
            {{ as_phone("phone_number") }} as phone_number,
            {{ as_phone("phone") }} as phone
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
            {{ origin_of("erasures") }}
            {{ refusal_columns(faults) }},
            {{ unless_erased("unknown_fields") }} as unknown_fields,
            request_id,
            requested_at,
            profile_id,
            email,
            phone_number,
            phone,
            is_erased
        from checked
    )

select *
from final
