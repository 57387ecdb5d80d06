{# The statistics of an experiment with two arms (spec §8.3, §8.4), as expressions of doubles: `x` of `n` converted. #}

{% macro normal_quantile() -%} 1.959963984540054e0 {%- endmacro %}

{# Bound of Wilson's interval for a proportion; `sign` is - for the lower and + for the upper one. #}
{% macro wilson(x, n, sign) -%}
    {%- set z = normal_quantile() -%}
    ((2 * {{ x }} + {{ z }} * {{ z }} {{ sign }} {{ z }} * sqrt({{ z }} * {{ z }} + 4 * {{ x }} * (1 - {{ x }} / {{ n }})))
    / (2 * ({{ n }} + {{ z }} * {{ z }})))
{%- endmacro %}

{# Bounds of Newcombe's hybrid interval (1998, method 10) for x1/n1 - x2/n2. #}
{% macro newcombe_low(x1, n1, x2, n2) -%}
    ({{ x1 }} / {{ n1 }} - {{ x2 }} / {{ n2 }}
    - sqrt(power({{ x1 }} / {{ n1 }} - {{ wilson(x1, n1, "-") }}, 2) + power({{ wilson(x2, n2, "+") }} - {{ x2 }} / {{ n2 }}, 2)))
{%- endmacro %}

{% macro newcombe_high(x1, n1, x2, n2) -%}
    ({{ x1 }} / {{ n1 }} - {{ x2 }} / {{ n2 }}
    + sqrt(power({{ wilson(x1, n1, "+") }} - {{ x1 }} / {{ n1 }}, 2) + power({{ x2 }} / {{ n2 }} - {{ wilson(x2, n2, "-") }}, 2)))
{%- endmacro %}

{# Half the width of the always-valid interval of a difference with this variance, with the mixture's width tau; null where the
   variance is 0. #}
{% macro always_valid_margin(variance, tau) -%}
    {%- set v, mixed = variance, "(" ~ variance ~ " + " ~ tau ~ " * " ~ tau ~ ")" -%}
    case
        when {{ v }} > 0
        then sqrt(2 * {{ v }} * {{ mixed }} / ({{ tau }} * {{ tau }}) * (ln(20) + 0.5e0 * ln({{ mixed }} / {{ v }})))
    end
{%- endmacro %}

{# Pearson's statistic of the sample ratio; null where either expected arm is under 5. #}
{% macro sample_ratio_statistic(treated, held_out, holdout_percent) -%}
    {%- set all = "(" ~ treated ~ " + " ~ held_out ~ ")" -%}
    {%- set expected_out, expected_in = "(" ~ all ~ " * " ~ holdout_percent ~ " / 100)", "(" ~ all ~ " * (100 - " ~ holdout_percent ~ ") / 100)" -%}
    case
        when {{ expected_out }} >= 5 and {{ expected_in }} >= 5
        then
            power({{ treated }} - {{ expected_in }}, 2) / {{ expected_in }}
            + power({{ held_out }} - {{ expected_out }}, 2) / {{ expected_out }}
    end
{%- endmacro %}

{# The smallest difference that an experiment of this size shows four times in five; null where the held-out rate is 0 or 1. #}
{% macro minimum_detectable_effect(x2, n1, n2) -%}
    case
        when {{ x2 }} > 0 and {{ x2 }} < {{ n2 }} and {{ n1 }} > 0
        then
            2.801585218112969e0
            * sqrt({{ x2 }} / {{ n2 }} * (1 - {{ x2 }} / {{ n2 }}) * (1 / {{ n1 }} + 1 / {{ n2 }}))
    end
{%- endmacro %}
