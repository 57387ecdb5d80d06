{# Conditions on who a profile is. #}

{# has_consent("email"): the latest consent for the channel is subscribed and still valid at as_of, and no refused line of
   consents may have been a no since: a profile that gate 4 keeps from a message has no consent here either. #}
{% macro has_consent(channel) -%}
    {%- if channel not in ["email", "sms", "whatsapp", "push"] -%}
        {{ caw.segment_error("there is no consent for a channel '" ~ channel ~ "'; the channels are email, sms, whatsapp and push") }}
    {%- endif -%}
    select latest.source, latest.profile_id, latest.occurred_at as qualified_at
    from (
        select
            source, profile_id, status, valid_until, occurred_at,
            row_number() over (partition by source, profile_id order by {{ caw.latest_consent_first() }}) as row_rank
        from {{ ref("int_consents") }}
        where channel = '{{ channel }}' and occurred_at <= {{ caw.as_of() }}
    ) as latest
    {{ caw.anti_join() }} (
        select source, profile_id
        from {{ ref("int_refused_permissions") }}
        where feed = 'consents' and channel = '{{ channel }}'
    ) as refused
        on latest.source = refused.source and latest.profile_id = refused.profile_id
    where latest.row_rank = 1
        and latest.status = 'subscribed'
        and (latest.valid_until is null or latest.valid_until > {{ caw.as_of() }})
{%- endmacro %}

{# Which of a profile's consents for a channel decides (spec §4.14, gate 4). #}
{% macro latest_consent_first() -%}
    occurred_at desc, status = 'subscribed', valid_until nulls last
{%- endmacro %}

{# is_suppressed("email"): the latest action for the channel is suppress at as_of, or that for all channels is, or a refused
   line of suppressions may have been one: whoever gate 5 keeps from a message. #}
{% macro is_suppressed(channel) -%}
    select source, profile_id
    from (
        select
            source, profile_id, action,
            row_number() over (
                partition by source, profile_id, channel order by occurred_at desc, action = 'suppress' desc
            ) as row_rank
        from {{ ref("int_suppressions") }}
        where channel in ('{{ channel }}', 'all') and occurred_at <= {{ caw.as_of() }}
    ) as actions
    where row_rank = 1 and action = 'suppress'
    union
    select source, profile_id
    from {{ ref("int_refused_permissions") }}
    where feed = 'suppressions' and channel = '{{ channel }}'
{%- endmacro %}

{# has_property("email"), has_property("external_id", is_in=["a", "b"]): a field of the profile is there, or one of these. #}
{% macro has_property(name, is_in=none) -%}
    {%- if name not in ["profile_id", "email", "phone_number", "external_id"] -%}
        {{ caw.segment_error("a profile has no property '" ~ name ~ "'; it has profile_id, email, phone_number and external_id") }}
    {%- endif -%}
    {%- if is_in is not none and (is_in is string or is_in | length == 0) -%}
        {{ caw.segment_error("is_in is a list of at least one value") }}
    {%- endif -%}
    select source, profile_id, {{ caw.null_instant() }} as qualified_at
    from {{ ref("int_profiles") }}
    where {{ name }} is not null
    {%- if is_in is not none %}
        and {{ name }} in ({% for value in is_in %}{{ caw.quoted(value) }}{{ ", " if not loop.last }}{% endfor %})
    {%- endif -%}
{%- endmacro %}
