{# Whether each experiment is of a policy that there is, and holds out what its policy does while its orders still count.
   Raises with sentences that name the file and the row, as valid_seed does (spec §8.1).

   policies: the seed of policies. run: the run's instant. #}
{% test experiments_fit_policies(model, policies, run) -%}
    {%- set statement -%}
        with
            checked as (
                select
                    experiments.experiment_id,
                    experiments.policy_id,
                    experiments.holdout_percent,
                    policies.policy_id as known_policy_id,
                    policies.holdout_percent as held_out,
                    {{ plus_hours(text_to_instant("experiments.ends_at"), "experiments.conversion_hours") }} > run.as_of as counts
                from {{ model }} as experiments
                cross join {{ run }} as run
                left join {{ policies }} as policies using (policy_id)
            )

        select
            'experiment_id ''' || experiment_id || ''': '
            || case
                when known_policy_id is null
                then 'no policy in retargeting_policies.csv has the policy_id ''' || policy_id || ''''
                else
                    'holdout_percent (' || holdout_percent || ') must be that of ' || policy_id || ' in'
                    || ' retargeting_policies.csv (' || held_out || ') until its last order counts'
            end as fault
        from checked
        where known_policy_id is null or (counts and held_out <> holdout_percent)
        order by fault
    {%- endset -%}
    {%- set faults = run_query(statement).columns[0].values() | list if execute and load_relation(run) and load_relation(model) else [] -%}
    {{ refused_rows(model, faults) }}
{%- endtest %}
