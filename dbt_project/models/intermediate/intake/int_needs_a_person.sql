{{ config(materialized=as_view()) }}

{#- What only a person can resolve: a refused or unread request to forget somebody, and refused or unread consents and
    suppressions whose profile is not known and who may have said no. -#}
{% set line_columns = [
    "source",
    "batch_id",
    "file_path",
    "line_number",
    "refusal_reason as reason",
    "refusal_field as field",
    "refusal_detail as detail",
] %}
{% set staged_columns = [
    "source",
    "batch_id",
    "file_path",
    "line_number",
    "verdict",
    "refusal_reason",
    "refusal_field",
    "refusal_detail",
    "gave_way",
    "is_erased",
] %}
{% set line_place = "batch_id, file_path, line_number" %}
{% set read_feeds = ["erasures", "consents", "suppressions"] %}
{% for feed in ["erasures", "consents", "suppressions"] %}
    {% do read_feeds.extend(feeds_expanded_into(feed)) %}
{% endfor %}
{% set permitting = feeds_that_permit() %}

with
    versions as (
        select
            source,
            feed,
            batch_id,
            file_path,
            status,
            error,
            row_number() over (partition by file_path order by ingested_at desc) as recency
        from {{ ref("ingestion_ledger") }}
        where feed in ({% for feed in read_feeds %}'{{ feed }}'{{ ", " if not loop.last }}{% endfor %})
    ),

    -- the last version of a file that was read: lines of older ones were corrected or taken out of it, or are in it
    -- again
    last_read as (
        select file_path, max(batch_id) as last_batch_id from versions where status = 'loaded' group by file_path
    ),

    -- the own feeds, and a vendor's where it names the people: elsewhere its lines permit and forbid nothing
    deciding as (
        select *
        from versions
        where
            feed in ('erasures', 'consents', 'suppressions')
            {%- for feed, vendor in permitting.items() %}
                or (
                    feed = '{{ feed }}'
                    and source in (select source from {{ ref("stg_sources") }} where people = '{{ vendor }}')
                )
            {%- endfor %}
    ),

    unread_files as (
        select
            case when feed = 'erasures' then 'unread_requests' else 'unread_permissions' end as need,
            source,
            feed,
            batch_id,
            file_path,
            cast(null as bigint) as line_number,
            'failed' as reason,
            cast(null as string) as field,
            error as detail
        from deciding
        where recency = 1 and status = 'failed'
    ),

    requests as (
        select
            {{ line_columns | join(", ") }},
            request_id,
            verdict = 'rejected' and gave_way is not true and is_erased is not true as is_refused,
            count(case when verdict in ('accepted', 'duplicate') then 1 end) over (
                partition by source, request_id
                order by {{ line_place }}
                rows between 1 following and unbounded following
            ) as answers_later,
            count(case when verdict = 'accepted' then 1 end) over (
                partition by source, request_id
                order by {{ line_place }}
                rows between unbounded preceding and 1 preceding
            ) as answers_before
        from {{ staged_rows("erasures", staged_columns + ["request_id"]) }} as staged
    ),

    -- an id that cannot be read, or that is another request's, is accepted under no later line: its file may be
    -- corrected
    open_requests as (
        select 'refused_requests' as need, 'erasures' as feed, requests.* except (answers_later, answers_before)
        from requests
        left join last_read using (file_path)
        where
            requests.is_refused
            and requests.answers_later = 0
            and not (
                (requests.request_id is null or requests.answers_before > 0)
                and coalesce(last_read.last_batch_id > requests.batch_id, false)
            )
    ),

    -- a file that grows brings a refused line in each of its versions
    ranked_requests as (
        select
            *,
            row_number() over (
                partition by source, request_id order by batch_id desc, file_path desc, line_number desc
            ) as request_rank
        from open_requests
    ),

    last_open_requests as (select * from ranked_requests where request_id is null or request_rank = 1),

    -- a line may make several records; one that went whole because it named a forgotten person may have named others
    nameless_lines as (
        {%- for feed in ["consents", "suppressions"] %}
            select distinct 'nameless_permissions' as need, '{{ feed }}' as feed, {{ line_columns | join(", ") }}
            from {{ staged_rows(feed, staged_columns + ["profile_id", "raw_text"]) }} as staged
            where
                verdict = 'rejected'
                and profile_id is null
                and gave_way is not true
                and (is_erased is not true or raw_text = '(erased)')
                {{ "union all" if not loop.last }}
        {%- endfor %}
    ),

    open_nameless_lines as (
        select nameless_lines.*
        from nameless_lines
        left join last_read using (file_path)
        where coalesce(last_read.last_batch_id <= nameless_lines.batch_id, true)
    ),

    final as (
        select need, source, feed, batch_id, file_path, line_number, reason, field, detail
        from unread_files
        union all
        select need, source, feed, batch_id, file_path, line_number, reason, field, detail
        from last_open_requests
        union all
        select need, source, feed, batch_id, file_path, line_number, reason, field, detail
        from open_nameless_lines
    )

select *
from final
