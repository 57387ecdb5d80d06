-- One mistake, at least, for every test of the marts. NOT NULL would refuse a null, hence the table made again.
update events.conversation_started set channel = 'fax'
    where event_id = (select min(event_id) from events.conversation_started);
insert into events.conversation_resolved from events.conversation_resolved limit 1;
update events.conversation_escalated set escalation_category = 'weather'
    where event_id = (select min(event_id) from events.conversation_escalated);
update events.product_recommendation_received set product_count = product_count + 1;
create or replace view events.activity_feed as
    select * from events.activity_feed_before where event_name <> 'conversation_resolved';
update events.recommended_products set seconds_to_purchase = -1;
insert into events.recommended_products by name
    select * replace ('elsewhere' as event_id) from events.recommended_products limit 1;
update performance.conversations set outcome = 'lost' where outcome = 'abandoned';
update performance.conversations set escalation_count = 7 where outcome = 'escalated';
delete from performance.conversations
    where conversation_id = (select min(conversation_id) from performance.attributed_orders);
update performance.attributed_orders set touched_at = placed_at + interval 1 second;
update performance.agent_performance_daily set conversations = conversations + 1;
create or replace table performance.skill_performance_daily as
    select * replace (null as skill) from performance.skill_performance_daily;
update performance.sources set first_date = last_date + 1;
update performance.orders set conversation_id = 'nobody''s' where order_id = (select min(order_id) from performance.orders);
insert into performance.order_items by name
    select * replace ('nobody''s' as order_id) from performance.order_items limit 1;
insert into performance.conversation_tags from performance.conversation_tags limit 1;
update performance.escalations_daily set conversations = escalations + 1;
update performance.recommendation_funnel set clicked_at = recommended_at - interval 1 second;
update performance.product_performance_daily set clicks = recommendations + 1;
update performance.headlines set period = 'last_year' where period = 'last_7_days';
update segments.shoppers set orders = orders + 1;
update retargeting.failed_gates set position = 11;
update retargeting.message_outcomes set ordered_at = sent_at;
insert into retargeting.experiment_units values ('x', 'p', 's', 'a', 'e', now(), 'both', false, false, 'USD', 0, 0, false, now());
insert into retargeting.policy_lift by name
    select 'x' as experiment_id, 'p' as policy_id, 's' as source, 0 as units_treated, 0 as units_held_out, 1 as converted_treated,
        0 as converted_held_out, 'USD' as currency, 0 as sent_treated, 0 as sent_held_out, false as srm_suspected,
        'lift' as verdict, now() as as_of;
update segments.escalated_ever set qualified_at = as_of + interval 1 second;
update segments.segment_membership_history set exited_at = entered_at - interval 1 microsecond;
update segments.segment_sizes set members = -1;
update retargeting.retargeting_eligibility set is_eligible = not is_eligible;
update retargeting.eligibility_funnel set blocked = blocked + 1, holdout = holdout + 1;
update retargeting.promotion_exclusions set reason = 'rude';
update health.ingestion_ledger set lines = lines + 1;
update health.event_metrics set events_last_24h = events + 1;
delete from health.rejected_records;
insert into health.unknown_fields values ('acme_us', 'orders', 'colour', 0, 'a.jsonl', null);
insert into health.vendor_agreement values ('acme_us', 'klaviyo', 'conversation_started', 3, 2, 0, 'refused');
insert into health.unknown_words values ('acme_us', 'chat_transcripts', 'tool', 'lookup', 0);
