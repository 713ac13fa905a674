-- One version of about two years before the end, of an item with others, for each of the customers whose turn it is.
create temporary table changed_versions as
with candidates as (
    select
        subscriptions.customer_id,
        versions.subscription_item_id,
        versions.valid_from,
        row_number() over (
            partition by subscriptions.customer_id order by versions.subscription_item_id, versions.valid_from
        ) as position
    from raw.subscription_item_versions as versions
    inner join raw.subscriptions on versions.subscription_id = subscriptions.subscription_id
    where
        versions.quantity is not null
        and versions.valid_from between
            date '{last_month}' - interval 27 month and date '{last_month}' - interval 21 month
        and versions.subscription_item_id in (
            select subscription_item_id from raw.subscription_item_versions group by all having count(*) > 1
        )
),
in_turn as (
    select
        subscription_item_id,
        valid_from,
        row_number() over (order by hash(customer_id), customer_id) as turn
    from candidates
    where position = 1
)
select subscription_item_id, valid_from, turn
from in_turn
where turn <= greatest(3, {share} * (select count(*) from raw.customers));

-- a version that was there and was not known, as another item of the same subscription
insert into raw.subscription_item_versions by name
select versions.* replace (versions.subscription_item_id || '_found' as subscription_item_id)
from raw.subscription_item_versions as versions
inner join changed_versions using (subscription_item_id, valid_from)
where changed_versions.turn % 10 = 1;

delete from raw.subscription_item_versions as versions
using changed_versions
where
    versions.subscription_item_id = changed_versions.subscription_item_id
    and versions.valid_from = changed_versions.valid_from
    and changed_versions.turn % 10 = 2;

update raw.subscription_item_versions as versions
set quantity = quantity + 1, unit_amount = unit_amount * 1.1
from changed_versions
where
    versions.subscription_item_id = changed_versions.subscription_item_id
    and versions.valid_from = changed_versions.valid_from
    and changed_versions.turn % 10 not in (1, 2);
