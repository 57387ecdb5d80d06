{# The category of an escalation's reason (contract, section 3): the first pattern of the seed that occurs in it, else a
   category's own name, else other; null for no reason. #}
{% macro escalation_category(reason) -%}
    {%- set form = word_form(reason) -%}
    case
        when {{ reason }} is null then null
        else coalesce(
            (
                select {{ value_at_least("categories.category", "categories.position") }}
                from {{ ref("escalation_categories") }} as categories
                where {{ text_contains(form, word_form("categories.pattern")) }}
            ),
            case
                {%- for category in ["lack_of_knowledge", "shopper_requested", "escalation_rule", "unintelligible_input", "billing"] %}
                when {{ text_contains(form, "'" ~ category ~ "'") }} then '{{ category }}'
                {%- endfor %}
                else 'other'
            end
        )
    end
{%- endmacro %}
