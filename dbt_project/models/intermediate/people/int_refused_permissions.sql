{#- A refused line of consents or suppressions may have been a no: it counts for its profile, on each channel that it may
    have been about, until a line of that feed is accepted for both later in the order of delivery. -#}
{% set feeds = ["consents", "suppressions"] %}
{% set channels = ["email", "sms", "whatsapp", "push"] %}
{% set columns = ["source", "profile_id", "batch_id", "file_path", "line_number"] %}

with
    -- a row that gave way was read again, whole
    -- whoever was forgotten stands here under a pseudonym, in a line that may name others, too
    lines as {{ not_materialized() }} (
        {%- for feed in feeds %}
            select
                '{{ feed }}' as feed,
                {{ columns | join(", ") }},
                verdict = 'rejected' as is_refused,
                case
                    when channel in ({% for name in channels %}'{{ name }}'{{ ", " if not loop.last }}{% endfor %})
                    then {{ list_of(["channel"]) }}
                    else {{ text_list_of(channels) }}
                end as channels,
                refusal_reason as reason,
                refusal_field as field,
                refusal_detail as detail
            from
                {{
                    staged_rows(
                        feed,
                        columns
                        + [
                            "verdict",
                            "channel",
                            "refusal_reason",
                            "refusal_field",
                            "refusal_detail",
                            "gave_way",
                            "is_erased",
                        ],
                    )
                }} as staged
            where
                verdict in ('accepted', 'rejected')
                and profile_id is not null
                and gave_way is not true
                and (is_erased is not true or not {{ is_pseudonym("profile_id") }}) {{ "union all" if not loop.last }}
        {%- endfor %}
    ),

    profiles as (
        select distinct source, coalesce(merges.final_profile_id, lines.profile_id) as final_profile_id
        from lines
        left join {{ ref("int_profile_merges") }} as merges using (source, profile_id)
        where lines.is_refused
    ),

    -- every id under which one of these profiles may be in a line
    ids as (
        select source, final_profile_id as profile_id, final_profile_id
        from profiles
        union
        select source, merges.profile_id, final_profile_id
        from {{ ref("int_profile_merges") }} as merges
        inner join profiles using (source, final_profile_id)
    ),

    by_channel as (
        select lines.* except (profile_id), ids.final_profile_id as profile_id, concerned.element as channel
        from lines
        inner join ids using (source, profile_id)
        cross join lateral {{ unnested("lines.channels", "concerned") }}
    ),

    followed as (
        select
            *,
            count(case when not is_refused then 1 end) over (
                partition by feed, source, profile_id, channel
                -- of one line's records none is later than another
                order by batch_id, file_path, line_number, is_refused
                rows between current row and unbounded following
            ) as accepted_later
        from by_channel
    ),

    -- one line may say several things of a person on a channel
    ranked as (
        select
            *,
            row_number() over (
                partition by feed, source, profile_id, channel, batch_id, file_path, line_number
                order by reason, coalesce(field, ''), coalesce(detail, '')
            ) as row_rank
        from followed
        where is_refused and accepted_later = 0
    ),

    final as (
        select feed, source, profile_id, channel, batch_id, file_path, line_number, reason, field, detail
        from ranked
        where row_rank = 1
    )

select *
from final
