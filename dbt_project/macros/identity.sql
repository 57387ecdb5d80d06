{# The forms in which identifiers are matched (spec §3.3). #}

{# NFC, without zero-width characters, trimmed, case-folded; null for an empty one. The same as `email_key` of
   caw/feeds/keys.py. #}
{% macro email_key(email) -%}
    {%- set plain = "translate(" ~ nfc(email) ~ ", '\u200b\u200c\u200d\u2060\ufeff', '')" -%}
    case
        when {{ is_plain_address(email) }} then lower({{ email }})
        else nullif({{ case_folded(trimmed(plain)) }}, '')
    end
{%- endmacro %}

{# Digits only, without any `(0)`, a trailing `.0` and a leading 00; fewer than 7 digits, and zeros alone, count as
   absent. The same as `phone_key` of caw/feeds/keys.py. #}
{% macro phone_key(phone) -%}
    {%- set whole = without_match("replace(" ~ trimmed(phone) ~ ", '(0)', '')", "[.]0$") -%}
    {%- set digits = without_match(digits_of(whole), "^00") -%}
    case when {{ code_points(digits) }} >= 7 and {{ stripped(digits, "'0'") }} <> '' then {{ digits }} end
{%- endmacro %}

{# Left joins from a relation with the matched keys to the profiles that carry them, and on to the end of merges. #}
{% macro joined_profiles(keys) %}
    {%- for kind in ["email", "phone", "external_id", "anonymous_id"] %}
    left join {{ ref("int_profile_keys") }} as by_{{ kind }}
        on by_{{ kind }}.source = {{ keys }}.source
        and by_{{ kind }}.key_kind = '{{ kind }}'
        and by_{{ kind }}.key_value = {{ keys }}.{{ kind }}_key
    {%- endfor %}
    left join {{ ref("int_profile_merges") }} as merges
        on merges.source = {{ keys }}.source
        and merges.profile_id = {{ matched_profile(keys) }}
{%- endmacro %}

{% macro matched_profile(keys) -%}
    coalesce({{ keys }}.profile_id, by_email.profile_id, by_phone.profile_id, by_external_id.profile_id, by_anonymous_id.profile_id)
{%- endmacro %}

{% macro resolved_profile(keys) -%} coalesce(merges.final_profile_id, {{ matched_profile(keys) }}) {%- endmacro %}

{# Condition: whether what was resolved before may resolve otherwise now, as profiles came after the last build that was
   completed. False where a model is built from nothing. #}
{% macro must_resolve_again() -%}
    {%- set profiles = staged_rows("profiles", ["batch_id"]) -%}
    {%- if is_incremental() -%}
        (select max(batch_id) from {{ profiles }} as profiles) > ({{ last_built_batch() }})
    {%- else -%}
        false
    {%- endif -%}
{%- endmacro %}
