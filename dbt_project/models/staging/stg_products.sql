{{ deduplicated("products") }}
