{# The category of an escalation's reason (spec §3.7): the first pattern of the seed that occurs in it, else a
   category's own name, else other; null for no reason. `form` is the reason's word_form, in a column of its own, as are
   the patterns': every reason is held against every pattern. #}
{% macro escalation_category(reason, form) -%}
    case
        when {{ reason }} is null then null
        else coalesce(
            (
                select {{ value_at_least("categories.category", "categories.position") }}
                from (
                    select position, category, {{ word_form("pattern") }} as form from {{ ref("escalation_categories") }}
                ) as categories
                where {{ text_contains(form, "categories.form") }}
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
