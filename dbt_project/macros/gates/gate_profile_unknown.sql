{# Gate 1: there is no profile; then nothing else is tested. #}
{% macro gate_profile_unknown(triggers) -%}
    select
        policy_id,
        event_id,
        profile_id is null as is_failed,
        {{ evidence_or(known_texts(["'the conversation is of ' || profile_id"]), "'nobody matches'") }} as evidence
    from {{ triggers }}
{%- endmacro %}
