{# Sums of what orders say. An order may say anything: a sum that no column holds would stop the publication. #}

{# Aggregate: a sum of money, at most the greatest amount that there is; null without any. #}
{% macro summed_money(value) -%}
    cast(
        case
            when sum({{ value }}) > {{ greatest_amount() }} then {{ greatest_amount() }}
            when sum({{ value }}) < -{{ greatest_amount() }} then -{{ greatest_amount() }}
            else sum({{ value }})
        end as decimal(18, 2)
    )
{%- endmacro %}

{% macro greatest_amount() -%} 9999999999999999.99 {%- endmacro %}

{# A line's quantity as it is summed and multiplied: at most a million millions. #}
{% macro countable(quantity) -%} cast(least({{ quantity }}, 999999999999) as decimal(18, 6)) {%- endmacro %}

{# What a line comes to, at most the greatest amount, and null without a price. Of a quantity of 18 digits DuckDB would keep
   the product to 18, too, and end the run where it has more: ten thousand millions is enough. #}
{% macro line_amount(quantity, price) -%}
    case
        when {{ price }} is not null
        then least(cast({{ countable(quantity) }} as decimal(19, 6)) * {{ price }}, {{ greatest_amount() }})
    end
{%- endmacro %}

{# An amount that was worked out in doubles: rounded to a cent, and at most the greatest that both can hold; null without one,
   which least() and greatest() pass over. #}
{% macro money_of_double(amount) -%}
    cast(
        case
            when {{ amount }} is not null
            then least(greatest(round({{ amount }}, 2), -9999999999999998e0), 9999999999999998e0)
        end as decimal(18, 2)
    )
{%- endmacro %}
