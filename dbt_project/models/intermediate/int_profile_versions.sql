-- A forgotten profile is nobody (contract, section 6): its pseudonym is a member of nothing.
{{ current_versions("profiles", among="is_erased is not true") }}
