{{ config(materialized="view") }} {{ followed_merges("message_sends") }}
