-- The floor: what DuckDB needs at least to read the landed files typed and to make the four event tables from them.
-- No refusals, no duplicates, no late data, no durability, no tests: the files are taken to be as the generator writes
-- them. `landing` and `seeds` are set by floor.py.

create macro source_of(file) as split_part(substr(file, length(getvariable('landing')) + 2), '/', 1);
create macro word_form(text) as replace(replace(lower(trim(text)), ' ', '_'), '-', '_');

create temp table words as
select vocabulary, word_form(alias) as alias, any_value(word) as word
from read_csv(getvariable('seeds') || '/word_aliases.csv', all_varchar = true, header = true, delim = ',', quote = '"')
group by all;

create temp table categories as
select position, word_form(pattern) as pattern, category
from read_csv(
    getvariable('seeds') || '/escalation_categories.csv',
    header = true, delim = ',', quote = '"',  -- no guess: a pattern may hold an apostrophe
    columns = {position: 'integer', pattern: 'varchar', category: 'varchar'}
)
union all
select 1000000 + position, name, name
from (
    select unnest([
        'lack_of_knowledge', 'shopper_requested', 'escalation_rule', 'unintelligible_input', 'billing'
    ]) as name, generate_subscripts([1, 2, 3, 4, 5], 1) as position
);

create temp table log as
with lines as (
    select *
    from read_json(
        getvariable('landing') || '/*/conversation_log/**/*.jsonl',
        format = 'newline_delimited',
        filename = true,
        columns = {
            record_id: 'varchar', conversation_id: 'varchar', occurred_at: 'timestamptz', sequence: 'bigint',
            record_type: 'varchar', actor: 'varchar', text: 'varchar', skill: 'varchar', products: 'json',
            layout: 'varchar', status: 'varchar', escalation_reason: 'varchar', tags: 'varchar[]', url: 'varchar',
            product_id: 'varchar', quantity: 'bigint', channel: 'varchar', mode: 'varchar',
            profile: 'struct(profile_id varchar, email varchar, phone_number varchar, external_id varchar,
                anonymous_id varchar)'
        }
    )
)
select
    source_of(filename) as source,
    lines.* exclude (filename, actor, status, channel, mode, sequence),
    coalesce(sequence, 0) as sequence,
    actors.word as actor,
    statuses.word as status,
    channels.word as channel,
    mode = 'preview' as is_preview
from lines
left join words as actors on actors.vocabulary = 'actor' and actors.alias = word_form(lines.actor)
left join words as statuses on statuses.vocabulary = 'status' and statuses.alias = word_form(lines.status)
left join words as channels on channels.vocabulary = 'channel' and channels.alias = word_form(lines.channel);

create temp table profile_keys as
with versions as (
    select source_of(filename) as source, * exclude (filename),
        row_number() over (partition by source, profile_id order by updated_at desc) = 1 as is_current
    from read_json(
        getvariable('landing') || '/*/profiles/**/*.jsonl',
        format = 'newline_delimited',
        filename = true,
        columns = {
            profile_id: 'varchar', updated_at: 'timestamptz', email: 'varchar', phone_number: 'varchar',
            external_id: 'varchar', anonymous_ids: 'varchar[]', merged_into: 'varchar'
        }
    )
),
keys as (
    select source, profile_id, updated_at, is_current, 'email' as kind, lower(trim(email)) as value from versions
    union all
    select source, profile_id, updated_at, is_current, 'phone', regexp_replace(phone_number, '[^0-9]', '', 'g') from versions
    union all
    select source, profile_id, updated_at, is_current, 'external_id', external_id from versions
    union all
    select source, profile_id, updated_at, is_current, 'anonymous_id', unnest(anonymous_ids) from versions
)
select source, kind, value, arg_max(profile_id, row(is_current, updated_at, profile_id)) as profile_id
from keys
where value is not null
group by source, kind, value;

create temp table merges as
with recursive pointers as (
    select source_of(filename) as source, profile_id, arg_max(merged_into, updated_at) as target
    from read_json(
        getvariable('landing') || '/*/profiles/**/*.jsonl',
        format = 'newline_delimited',
        filename = true,
        columns = {profile_id: 'varchar', updated_at: 'timestamptz', merged_into: 'varchar'}
    )
    group by 1, 2
    having target is not null
),
followed as (
    select source, profile_id, target, 1 as hops from pointers
    union all
    select followed.source, followed.profile_id, pointers.target, hops + 1
    from followed inner join pointers on followed.source = pointers.source and followed.target = pointers.profile_id
    where hops < 20
)
select source, profile_id, arg_max(target, hops) as final_profile_id from followed group by source, profile_id;

create temp table conversations as
with identified as (
    select
        source,
        conversation_id,
        arg_max(profile.profile_id, occurred_at) as profile_id,
        arg_max(lower(trim(profile.email)), occurred_at) as email,
        arg_max(regexp_replace(profile.phone_number, '[^0-9]', '', 'g'), occurred_at) as phone,
        arg_max(profile.external_id, occurred_at) as external_id,
        arg_max(profile.anonymous_id, occurred_at) as anonymous_id,
        arg_min(channel, row(occurred_at, sequence)) as first_channel,
        arg_min(skill, row(occurred_at, sequence)) as first_skill,
        coalesce(bool_or(is_preview), false) as is_preview
    from log
    group by source, conversation_id
),
matched as (
    select
        identified.source, conversation_id, first_channel, first_skill,
        coalesce(
            identified.profile_id, emails.profile_id, phones.profile_id, externals.profile_id, anonymous.profile_id
        ) as profile_id
    from identified
    left join profile_keys as emails
        on emails.source = identified.source and emails.kind = 'email' and emails.value = identified.email
    left join profile_keys as phones
        on phones.source = identified.source and phones.kind = 'phone' and phones.value = identified.phone
    left join profile_keys as externals
        on externals.source = identified.source and externals.kind = 'external_id'
        and externals.value = identified.external_id
    left join profile_keys as anonymous
        on anonymous.source = identified.source and anonymous.kind = 'anonymous_id'
        and anonymous.value = identified.anonymous_id
    where not is_preview
)
select matched.* exclude (profile_id), coalesce(final_profile_id, matched.profile_id) as profile_id
from matched
left join merges on merges.source = matched.source and merges.profile_id = matched.profile_id;

create temp table records as
with ordered as (
    select
        source, conversation_id, record_id, occurred_at, record_type, actor, status, text, products, layout,
        escalation_reason,
        row_number() over so_far as position,
        last_value(skill ignore nulls) over so_far as skill_at,
        last_value(channel ignore nulls) over so_far as channel_at,
        list(tags) filter (len(tags) > 0) over so_far as tags_at,
        count(*) filter (where record_type = 'message' and actor = 'customer') over so_far as customer_messages
    from log
    window so_far as (
        partition by source, conversation_id
        order by occurred_at, sequence, length(record_id), record_id
        rows between unbounded preceding and current row
    )
),
relevant as (
    select * from ordered
    where status is not null
        or (record_type = 'message' and actor = 'customer' and customer_messages = 1)
        or (record_type = 'products_recommended' and coalesce(actor, 'agent') = 'agent')
)
select
    relevant.* exclude (channel_at),
    coalesce(channel_at, first_channel, 'unknown') as channel,
    first_skill,
    profile_id,
    lag(status) over by_position as previous_status,
    lag(customer_messages) over by_position as customer_messages_at_previous,
    min(occurred_at) filter (where record_type = 'message') over by_position as started_at
from relevant
inner join conversations using (source, conversation_id)
window by_position as (
    partition by source, conversation_id, (status is null)
    order by position
);

create macro event_id(name, parts) as md5(
    length(name) || ':' || name || array_to_string(list_transform(parts, lambda part: length(part) || ':' || part), '')
);

create macro state_before(previous, before, now_) as case
    when previous is null or (previous in ('resolved', 'closed') and now_ > before) then 'open' else previous
end;

create table conversation_started as
select
    event_id('conversation_started', [source, conversation_id]) as event_id, source, conversation_id, profile_id,
    channel, occurred_at, record_id, now() as ingested_at, first_skill as initial_skill, text as first_message
from records
where record_type = 'message';

create table conversation_resolved as
select
    event_id('conversation_resolved', [records.source, records.conversation_id, record_id]) as event_id, records.source,
    records.conversation_id, records.profile_id, records.channel, records.occurred_at, record_id, now() as ingested_at,
    skill_at as final_skill, list_sort(list_distinct(flatten(coalesce(tags_at, [])))) as tags,
    date_diff('microsecond', started.occurred_at, records.occurred_at) / 1e6 as resolution_seconds
from records
left join (select source, conversation_id, occurred_at, position from records where record_type = 'message') as started
    on records.source = started.source and records.conversation_id = started.conversation_id
    and started.position < records.position
where status = 'resolved' and actor is distinct from 'human'
    and state_before(previous_status, customer_messages_at_previous, customer_messages) <> 'resolved'
    and not (
        state_before(previous_status, customer_messages_at_previous, customer_messages) = 'escalated'
        and actor is distinct from 'agent'
    );

create table conversation_escalated as
select
    event_id('conversation_escalated', [source, conversation_id, record_id]) as event_id, source, conversation_id,
    profile_id, channel, occurred_at, record_id, now() as ingested_at, escalation_reason,
    case when escalation_reason is not null then coalesce((
        select arg_min(category, position) from categories where contains(word_form(escalation_reason), pattern)
    ), 'other') end as escalation_category,
    skill_at as skill, list_sort(list_distinct(flatten(coalesce(tags_at, [])))) as tags
from records
where status = 'escalated'
    and state_before(previous_status, customer_messages_at_previous, customer_messages) <> 'escalated';

create table product_recommendation_received as
with named as (
    select *, list_transform(
        from_json(products, '["json"]'),
        lambda product: case
            when json_type(product) = 'OBJECT'
                then coalesce(product ->> 'product_id', product ->> 'sku', product ->> 'id')
            else product ->> '$'
        end
    ) as shown
    from records
    where record_type = 'products_recommended'
)
select
    event_id('product_recommendation_received', [source, conversation_id, record_id]) as event_id, source,
    conversation_id, profile_id, channel, occurred_at, record_id, now() as ingested_at, shown as products,
    len(shown) as product_count, coalesce(layout, if(len(shown) = 1, 'card', 'list')) as layout, skill_at as skill
from named;
