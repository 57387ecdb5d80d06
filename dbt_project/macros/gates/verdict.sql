{# A gate's columns is_failed and evidence, of rows that are named `triggers`. Both are null where the gate is not tested:
   nobody is known, which is gate 1's to say, or the policy does not use the gate. `evidence` is a list of texts; where
   it would be null or empty, it is the one text that there is `nothing`. #}
{% macro verdict(failed, evidence, nothing=none, uses="true") -%}
    {%- set is_tested = "triggers.profile_id is not null and " ~ uses -%}
    case when {{ is_tested }} then coalesce({{ failed }}, false) end as is_failed,
    case when {{ is_tested }} then {{ evidence_or(evidence, nothing) if nothing else evidence }} end as evidence
{%- endmacro %}

{% macro evidence_or(evidence, nothing) -%}
    coalesce(nullif({{ evidence }}, {{ empty_text_list() }}), {{ list_of([nothing]) }})
{%- endmacro %}

{# Those of some texts that are not null, as a list. #}
{% macro known_texts(texts) -%} {{ list_where(list_of(texts), "known", "known is not null") }} {%- endmacro %}
