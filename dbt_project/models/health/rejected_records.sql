select file_path, line_number, source, feed, raw_text, reason, field, batch_id, ingested_at, detail
from {{ ref("int_rejected_lines") }}
