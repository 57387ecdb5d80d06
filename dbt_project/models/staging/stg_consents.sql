{{ deduplicated("consents") }}
