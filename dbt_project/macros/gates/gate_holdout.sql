{# Gate 10: the share of profiles that a policy leaves alone, so that its effect can be measured. #}
{% macro gate_holdout(triggers) -%}
    {%- set draw = first_hex_number(md5_hex("triggers.policy_id || '|' || triggers.profile_id")) ~ " % 100" -%}
    select
        triggers.policy_id,
        triggers.event_id,
        {{ verdict(
            draw ~ " < triggers.holdout_percent",
            list_of(["'draws ' || " ~ draw ~ " || ' of 0 to 99; below ' || triggers.holdout_percent || ' is held out'"]),
            uses="triggers.holdout_percent > 0",
        ) }}
    from {{ triggers }} as triggers
{%- endmacro %}
