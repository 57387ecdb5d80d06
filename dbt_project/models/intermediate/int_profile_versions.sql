{{ current_versions("profiles") }}
