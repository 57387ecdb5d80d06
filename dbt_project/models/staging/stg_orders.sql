{{ deduplicated("orders") }}
