with
    experiments as (select * from {{ ref("int_experiments") }}),

    -- counts as doubles: they are divided
    counted as (
        select
            experiment_id,
            policy_id,
            source,
            currency,
            as_of,
            {%- for arm, name in {"treatment": "treated", "holdout": "held_out"}.items() %}
                cast(count(case when arm = '{{ arm }}' then 1 end) as double) as enrolled_{{ name }},
                cast(count(case when arm = '{{ arm }}' and was_sent then 1 end) as double) as sent_{{ name }},
                cast(count(case when arm = '{{ arm }}' and is_mature then 1 end) as double) as units_{{ name }},
                cast(
                    count(case when arm = '{{ arm }}' and is_mature and is_converted then 1 end) as double
                ) as converted_{{ name }},
                cast(sum(case when arm = '{{ arm }}' and is_mature then revenue end) as double) as revenue_{{ name }},
                var_samp(
                    case when arm = '{{ arm }}' and is_mature then cast(revenue as double) end
                ) as variance_{{ name }}{{ "," if not loop.last }}
            {%- endfor %}
        from {{ ref("experiment_units") }}
        group by experiment_id, policy_id, source, currency, as_of
    ),

    -- rates are null where an arm is empty, and so is all that comes from both
    rates as (
        select
            counted.*,
            experiments.smallest_lift,
            {{ plus_hours("experiments.ends_at", "experiments.conversion_hours") }} as last_order_counts_until,
            {{ sample_ratio_statistic("enrolled_treated", "enrolled_held_out", "experiments.holdout_percent") }}
            as srm_statistic,
            {%- for name in ["treated", "held_out"] %}
                nullif(units_{{ name }}, 0) as n_{{ name }},
                converted_{{ name }} / nullif(units_{{ name }}, 0) as rate_{{ name }},
                revenue_{{ name }} / nullif(units_{{ name }}, 0) as revenue_per_{{ name }}{{ "," if not loop.last }}
            {%- endfor %}
        from counted
        inner join experiments using (experiment_id)
    ),

    differences as (
        select
            *,
            rate_treated - rate_held_out as lift,
            {{ newcombe_low("converted_treated", "n_treated", "converted_held_out", "n_held_out") }} as lift_low,
            {{ newcombe_high("converted_treated", "n_treated", "converted_held_out", "n_held_out") }} as lift_high,
            rate_treated * (1 - rate_treated) / n_treated
            + rate_held_out * (1 - rate_held_out) / n_held_out as lift_variance,
            revenue_per_treated - revenue_per_held_out as revenue_lift_per_profile,
            case
                when units_treated >= 30 and units_held_out >= 30
                then {{ normal_quantile() }} * sqrt(variance_treated / n_treated + variance_held_out / n_held_out)
            end as revenue_margin
        from rates
    ),

    margins as (
        select
            *,
            {{ always_valid_margin("lift_variance", "smallest_lift") }} as always_valid_margin,
            coalesce(srm_statistic > 10.828e0, false) as srm_suspected
        from differences
    ),

    final as (
        select
            experiment_id,
            policy_id,
            source,
            cast(units_treated as bigint) as units_treated,
            cast(units_held_out as bigint) as units_held_out,
            cast(converted_treated as bigint) as converted_treated,
            cast(converted_held_out as bigint) as converted_held_out,
            rate_treated,
            rate_held_out,
            lift,
            lift_low,
            lift_high,
            case
                when always_valid_margin is not null then greatest(lift - always_valid_margin, -1)
            end as always_valid_low,
            case
                when always_valid_margin is not null then least(lift + always_valid_margin, 1)
            end as always_valid_high,
            lift / nullif(rate_held_out, 0) as relative_lift,
            lift * units_treated as incremental_conversions,
            currency,
            revenue_lift_per_profile,
            revenue_lift_per_profile - revenue_margin as revenue_lift_low,
            revenue_lift_per_profile + revenue_margin as revenue_lift_high,
            -- in whole cents, which doubles hold exactly: rounded once
            {{
                money_of_double(
                    "round((round(revenue_treated * 100) * n_held_out - round(revenue_held_out * 100) * n_treated) / n_held_out) / 100"
                )
            }}
            as incremental_revenue,
            cast(sent_treated as bigint) as sent_treated,
            cast(sent_held_out as bigint) as sent_held_out,
            srm_statistic,
            srm_suspected,
            {{ minimum_detectable_effect("converted_held_out", "units_treated", "units_held_out") }}
            as minimum_detectable_effect,
            case
                when srm_suspected
                then 'invalid: sample ratio'
                when sent_held_out * 100 > enrolled_held_out
                then 'invalid: holdout was written to'
                when as_of < last_order_counts_until
                then 'collecting'
                when units_treated = 0 or units_held_out = 0
                then 'no data'
                when lift_low > 0
                then 'lift'
                when lift_high < 0
                then 'harm'
                else 'no difference shown'
            end as verdict,
            as_of
        from margins
    )

select *
from final
