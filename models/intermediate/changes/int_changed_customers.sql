-- The seam of the incremental build: everything after it is replaced customer by customer, for those that changed.
with

fingerprints as (

    select * from {{ ref('int_customer_fingerprints') }}

),

ledger_bounds as (

    select * from {{ ref('int_ledger_bounds') }}

),

-- as the last build left it; what is still marked there was changed by a build that did not come to its end
last_build as (

    {{ customers_as_last_built() }}

),

-- the last build knew an end of the ledger: what lies between that and today's comes or goes without any change of rows
passed_by_the_end as (

    {{ customers_passed_by_the_end() }}

),

compared as (

    select
        coalesce(fingerprints.customer_id, last_build.customer_id) as customer_id,
        fingerprints.ledger_customer_id,
        last_build.ledger_customer_id as last_ledger_customer_id,
        fingerprints.fingerprint,
        case
            when fingerprints.customer_id is null or last_build.customer_id is null then true
            when fingerprints.fingerprint != last_build.fingerprint then true
            -- gone in a build that did not come to its end, and here again
            when last_build.fingerprint is null then true
            else last_build.is_changed
        end as is_changed
    from fingerprints
    full outer join last_build on fingerprints.customer_id = last_build.customer_id

),

-- with one of a family, and with both families of who moves, its whole ledger changes
changed_ledgers as (

    select customer_id
    from compared
    where is_changed

    union distinct

    select ledger_customer_id as customer_id
    from compared
    where is_changed

    union distinct

    select last_ledger_customer_id as customer_id
    from compared
    where is_changed

    union distinct

    select customer_id from passed_by_the_end

)

select
    compared.customer_id,
    coalesce(compared.ledger_customer_id, compared.last_ledger_customer_id) as ledger_customer_id,
    compared.fingerprint,
    members.customer_id is not null or families.customer_id is not null as is_changed
from compared
left join changed_ledgers as members on compared.customer_id = members.customer_id
left join changed_ledgers as families
    on coalesce(compared.ledger_customer_id, compared.last_ledger_customer_id) = families.customer_id
