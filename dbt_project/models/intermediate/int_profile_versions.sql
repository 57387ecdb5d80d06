-- A forgotten profile is nobody (spec §4.9): its pseudonym is a member of nothing.
{{ current_versions("profiles", among="is_erased is not true") }}
