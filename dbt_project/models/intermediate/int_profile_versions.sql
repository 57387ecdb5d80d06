{{ config(materialized="view") }} {{ current_versions("profiles") }}
