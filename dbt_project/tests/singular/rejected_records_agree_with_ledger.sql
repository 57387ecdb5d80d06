-- Every line that the ledger counts as rejected stands among the rejects; gives the file versions for which that is not
-- so. Transcripts are left out: a record refused within one stands among the rejects and not in the ledger's sum.
with
    refused as (
        select batch_id, file_path, count(*) as lines
        from {{ ref("rejected_records") }}
        where feed <> 'chat_transcripts'
        group by batch_id, file_path
    ),

    counted as (
        select batch_id, file_path, rejected
        from {{ ref("ingestion_ledger") }}
        where coalesce(feed, '') <> 'chat_transcripts' and rejected > 0
    )

select batch_id, file_path, counted.rejected as lines_in_ledger, refused.lines as lines_in_rejects
from counted
full join refused using (batch_id, file_path)
where {{ differs("counted.rejected", "refused.lines") }}
