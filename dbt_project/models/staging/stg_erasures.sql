{{ deduplicated("erasures") }}
