{{ deduplicated("suppressions") }}
