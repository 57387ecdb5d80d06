-- Gate 10: the share of profiles that a policy leaves alone, so that its effect can be measured.
select policy_id, event_id
from {{ ref("int_retargeting_triggers") }}
where holdout_percent > 0 and {{ first_hex_number(md5_hex("policy_id || '|' || profile_id")) }} % 100 < holdout_percent
