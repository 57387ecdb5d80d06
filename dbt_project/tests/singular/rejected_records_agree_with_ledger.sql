-- Every line that the ledger counts as rejected stands among the rejects; gives the file versions for which that is not
-- so. Expanded feeds are left out: a record refused within a line stands among the rejects and not in the ledger's sum.
{% set expanded %}({% for feed in var("expanded_feeds") %}'{{ feed }}'{{ ", " if not loop.last }}{% endfor %}){% endset %}

with
    refused as (
        select batch_id, file_path, count(*) as lines
        from {{ ref("rejected_records") }}
        where feed not in {{ expanded }}
        group by batch_id, file_path
    ),

    counted as (
        select batch_id, file_path, rejected
        from {{ ref("ingestion_ledger") }}
        where coalesce(feed, '') not in {{ expanded }} and rejected > 0
    )

select batch_id, file_path, counted.rejected as lines_in_ledger, refused.lines as lines_in_rejects
from counted
full join refused using (batch_id, file_path)
where {{ differs("counted.rejected", "refused.lines") }}
