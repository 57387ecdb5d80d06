select distinct source from {{ ref("ingestion_ledger") }} where source is not null
