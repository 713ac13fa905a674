{#- words for a board: what NRR and GRR are, against what, and what hides behind them -#}
{% macro scorecard_verdict() -%}
    case
        when nrr is null then 'No NRR and GRR yet: no customer was there twelve months ago.'
        else
            'NRR ' || {{ percent_text('nrr') }} || ' (' || nrr_verdict || ') is '
            || case
                when nrr < target_nrr_from then 'below'
                when nrr > target_nrr_to then 'above'
                else 'within'
            end
            || ' the target of ' || {{ percent_text('target_nrr_from') }}
            || coalesce(' to ' || {{ percent_text('target_nrr_to') }}, ' or more')
            || ' for ARR ' || arr_stage || '; GRR ' || {{ percent_text('grr') }} || ' (' || grr_verdict || ').'
            || case when is_fragile then ' Fragile: expansion hides losses.' else '' end
            || case
                when is_net_negative_churn and has_fewer_customers
                    then ' Net negative churn in the month, but fewer customers.'
                else ''
            end
            || case
                when is_ready_to_invest_in_expansion then ' Ready to invest in expansion.'
                else ' Keep customers first, then invest in expansion.'
            end
    end
{%- endmacro %}
