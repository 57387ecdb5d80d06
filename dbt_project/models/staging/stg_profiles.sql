{{ deduplicated("profiles") }}
