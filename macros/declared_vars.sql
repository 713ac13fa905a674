{# The one list of vars: check_vars checks them, and `cohort-ledger docs vars` writes dbt_project.yml and docs/vars.md. #}
{% macro declared_vars() -%}
    {%- set registry -%}
# name: {type, nullable, one_of, default, says, since}; the form of a type stands in check_vars
demo_data:
  {type: choice, one_of: [true, false, edge_cases], default: true, since: 0.1.0,
   says: "`false`: read your own tables; `edge_cases`: the hand-worked data set of our tests"}
raw_schema:
  {type: name, default: raw, since: 0.1.0,
   says: "schema of your raw tables in the target database, read when `demo_data` is `false`"}
mrr_basis:
  {type: choice, one_of: [subscriptions, invoices], default: subscriptions, since: 0.1.0,
   says: "where fixed MRR comes from; `invoices`: from recurring invoice lines, for who has nothing else"}
as_of_date:
  {type: day, nullable: true, default: null, since: 0.1.0,
   says: "last day that the ledger may look at (YYYY-MM-DD); null: the day of the latest issued invoice, without
     which it must be set"}
close_lag_days:
  {type: days, default: 0, since: 0.1.0,
   says: "days to wait after a month's end before it counts as complete (usage billed in arrears)"}
reporting_timezone:
  {type: timezone, default: UTC, since: 0.1.0,
   says: "IANA time zone in which months begin and end"}
reporting_currency:
  {type: currency, default: USD, since: 0.1.0,
   says: "currency of every amount in the marts"}
fx_policy:
  {type: choice, one_of: [constant, historical], default: constant, since: 0.1.0,
   says: "`constant`: one exchange rate for the whole history; `historical`: each month at its own closing rate,
     with what rates did in `fx_mrr`"}
constant_fx_date:
  {type: day, nullable: true, default: null, since: 0.1.0,
   says: "day of the one exchange rate that is used for the whole history; null: `as_of_date`"}
customer_grain:
  {type: choice, one_of: [customer, parent], default: customer, since: 0.1.0,
   says: "`parent`: roll customers up to their ultimate parent"}
fiscal_year_start_month:
  {type: month, default: 1, since: 0.1.0,
   says: "month in which the fiscal year begins, 1 to 12: quarters, years and their labels follow it"}
late_renewal_grace_days:
  {type: days, default: 0, since: 0.1.0,
   says: "a gap of at most so many days before a late renewal is bridged"}
reactivation_window_months:
  {type: months, nullable: true, default: null, since: 0.1.0,
   says: "who comes back after more months than this is `new` again; null: never"}
paused_as:
  {type: choice, one_of: [inactive, active], default: inactive, since: 0.1.0,
   says: "`inactive`: a paused subscription carries no MRR; `active`: pauses are ignored"}
delinquent_after_days:
  {type: days, nullable: true, default: null, since: 0.1.0,
   says: "a subscription stops counting so many days after the due date of an unpaid invoice of it; null: never"}
discount_policy:
  {type: choice, one_of: [recurring, all, none], default: recurring, since: 0.1.0,
   says: "`recurring`: repeating and forever discounts lower MRR; `all`: `once` coupons lower their term, too;
     `none`: MRR is gross"}
usage_policy:
  {type: choice, one_of: [included, excluded], default: included, since: 0.1.0,
   says: "`included`: billed usage is MRR; `excluded`: it is not"}
churn_recognised_at:
  {type: choice, one_of: [service_end, cancel_request], default: service_end, since: 0.1.0,
   says: "churn counts when the subscription ends, or, with `cancel_request`, when its end is asked for"}
mrr_band_floors:
  {type: floors, default: [0, 100, 1000, 10000], since: 0.1.0,
   says: "lower bounds of the dimension `mrr_band`, ascending from 0"}
fragile_grr_threshold:
  {type: share, default: 0.90, since: 0.1.0,
   says: "an NRR of 1 or more with a GRR below this is fragile"}
personal_data:
  {type: choice, one_of: [shown, masked, dropped], default: shown, since: 0.1.0,
   says: "names of customers and owners in a publication; `masked`: a number in their place; `dropped`: neither (the
     working database holds them)"}
    {%- endset -%}
    {{- return(fromyaml(registry)) -}}
{%- endmacro %}
