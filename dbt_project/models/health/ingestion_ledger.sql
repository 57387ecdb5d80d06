with
    files as (select * from {{ source("raw", "files") }}),
    verdicts as (select * from {{ ref("int_file_verdicts") }}),

    final as (
        select
            files.file_path,
            files.source,
            files.feed,
            files.content_sha256,
            files.bytes,
            files.batch_id,
            files.ingested_at,
            files.status,
            files.error,
            files.lines,
            files.blank,
            coalesce(verdicts.accepted, 0) as accepted,
            coalesce(verdicts.duplicates, 0) as duplicates,
            coalesce(verdicts.rejected, 0) as rejected
        from files
        left join verdicts using (batch_id, file_path)
    )

select *
from final
