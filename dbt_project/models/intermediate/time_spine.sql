{{ config(materialized="view") }}

{#- From the earliest instant that the contract takes for true to further than anybody will plan. -#}
{{ days_between("1990-01-01", "2100-01-01") }}
