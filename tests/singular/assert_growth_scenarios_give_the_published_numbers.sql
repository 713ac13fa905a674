-- The expansion playbook: a base at NRR 120 % doubles in 3.8 years (the article prints 4.2); 5 M ARR with 50 x 50 k of
-- new ARR a year at 105 %, or 30 x 50 k at 125 %, is 13.67 M or 15.48 M after three years, new ARR being added at the
-- end of each year (the article prints 8.7 M and 12.4 M).
with

scenarios as (

    select
        'years to double at 1.20' as scenario,
        round({{ years_to_double(1.20) }}, 1) as result,
        3.8 as expected

    union all

    select
        'more new customers at 1.05' as scenario,
        round({{ arr_after_years(5.0, 1.05, '50 * 0.05', 3) }}, 2) as result,
        13.67 as expected

    union all

    select
        'fewer new customers at 1.25' as scenario,
        round({{ arr_after_years(5.0, 1.25, '30 * 0.05', 3) }}, 2) as result,
        15.48 as expected

)

select *
from scenarios
where result != expected or result is null
