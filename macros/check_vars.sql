{% macro check_vars() -%}
    {%- set problems = [] -%}

    {%- set known = known_vars() -%}
    {%- for name in invocation_args_dict.get('vars', {}) if name not in known -%}
        {%- do problems.append("there is no var '" ~ name ~ "': the vars are " ~ known | join(', ')) -%}
    {%- endfor -%}

    {%- set allowed_values = {
        'demo_data': [true, false, 'edge_cases'],
        'mrr_basis': ['subscriptions', 'invoices'],
        'customer_grain': ['customer', 'parent'],
        'fx_policy': ['constant', 'historical'],
        'paused_as': ['inactive', 'active'],
        'discount_policy': ['recurring', 'all', 'none'],
        'usage_policy': ['included', 'excluded'],
        'churn_recognised_at': ['service_end', 'cancel_request'],
        'personal_data': ['shown', 'masked', 'dropped'],
    } -%}
    {%- for name, allowed in allowed_values.items() if var(name) is integer or var(name) not in allowed -%}
        {%- do problems.append(_var_problem(name, 'one of ' ~ allowed | join(', ') | lower)) -%}
    {%- endfor -%}

    {%- for name in ['raw_schema', 'reporting_currency']
        if var(name) is not string or not var(name) | trim or '"' in var(name) or "'" in var(name) -%}
        {%- do problems.append(_var_problem(name, 'a name without quotation marks')) -%}
    {%- endfor -%}
    {%- if var('demo_data') != false and 'raw_schema' in invocation_args_dict.get('vars', {}) -%}
        {%- do problems.append("raw_schema is set, but demo_data is " ~ var('demo_data') | lower
            ~ ": the tables in " ~ var('raw_schema') ~ " are read only with demo_data: false") -%}
    {%- endif -%}

    {%- for name in ['as_of_date', 'constant_fx_date'] if var(name) is not none and not _is_iso_date(var(name)) -%}
        {%- do problems.append(_var_problem(name, 'null or a day written YYYY-MM-DD')) -%}
    {%- endfor -%}

    {%- for name, unit in {'close_lag_days': 'days', 'late_renewal_grace_days': 'days'}.items()
        if not _is_whole_number(var(name)) -%}
        {%- do problems.append(_var_problem(name, 'a whole number of ' ~ unit ~ ', 0 or more')) -%}
    {%- endfor -%}

    {%- for name, unit in {'reactivation_window_months': 'months', 'delinquent_after_days': 'days'}.items()
        if var(name) is not none and not _is_whole_number(var(name)) -%}
        {%- do problems.append(_var_problem(name, 'null or a whole number of ' ~ unit ~ ', 0 or more')) -%}
    {%- endfor -%}

    {%- set start_month = var('fiscal_year_start_month') -%}
    {%- if not _is_whole_number(start_month) or start_month < 1 or start_month > 12 -%}
        {%- do problems.append(_var_problem('fiscal_year_start_month', 'a month from 1 to 12')) -%}
    {%- endif -%}

    {%- set needs_subscriptions = {
        'paused_as': 'inactive', 'delinquent_after_days': none, 'churn_recognised_at': 'service_end',
    } -%}
    {%- for name, default in needs_subscriptions.items()
        if var('mrr_basis') == 'invoices' and var(name) != default -%}
        {%- do problems.append("var " ~ name ~ " is '" ~ var(name) ~ "', but mrr_basis is invoices, and a line that was "
            ~ "billed does not know what its subscription did") -%}
    {%- endfor -%}

    {%- if var('reporting_timezone') not in modules.pytz.all_timezones -%}
        {%- do problems.append(_var_problem('reporting_timezone', 'an IANA time zone such as UTC or Europe/Paris')) -%}
    {%- endif -%}

    {%- set floors = var('mrr_band_floors') -%}
    {%- if floors is string or floors is not iterable or not floors or floors[0] != 0
        or floors | reject('number') | list or floors | select('boolean') | list
        or floors != floors | unique | sort -%}
        {%- do problems.append(_var_problem('mrr_band_floors', 'a list of numbers that ascends from 0')) -%}
    {%- endif -%}

    {%- set threshold = var('fragile_grr_threshold') -%}
    {%- if threshold is boolean or threshold is not number or threshold < 0 or threshold > 1 -%}
        {%- do problems.append(_var_problem('fragile_grr_threshold', 'a number from 0 to 1')) -%}
    {%- endif -%}

    {%- if execute and var('delinquent_after_days') is not none and var('demo_data') == false and not problems
        and not find_billing_table('invoices', var('raw_schema')) -%}
        {%- do problems.append("var delinquent_after_days is '" ~ var('delinquent_after_days') ~ "', but there is no table "
            ~ var('raw_schema') ~ ".invoices to say what is due") -%}
    {%- endif -%}

    {%- if execute and is_build() and not flags.EMPTY and var('as_of_date') is none and var('demo_data') == false
        and not problems and node_named('int_ledger_bounds').unique_id in selected_resources
        and not _is_an_invoice_issued() -%}
        {%- do problems.append("var as_of_date is not set, and there is no invoice in " ~ var('raw_schema') ~ ".invoices that is "
            ~ "neither draft nor void to say where the ledger ends: set as_of_date to the last day that your data covers "
            ~ "(YYYY-MM-DD)") -%}
    {%- endif -%}

    {%- set own_schemas = [
        'demo', 'edge_cases', 'reference', 'staging', 'intermediate', 'marts', 'test_failures', 'ledger_state',
    ] -%}
    {%- if var('raw_schema') | lower in own_schemas -%}
        {%- do problems.append("raw_schema is '" ~ var('raw_schema') ~ "', which the project writes to: it never writes to "
            ~ "your tables, so they need a schema of their own") -%}
    {%- endif -%}
    {%- set schemas = own_schemas + [var('raw_schema')] -%}
    {%- if target.type == 'duckdb' and target.database | lower in schemas | map('string') | map('lower') -%}
        {%- do problems.append("the DuckDB file is named like the schema '" ~ target.database ~ "', and DuckDB cannot "
            ~ "tell the two apart: give the file in COHORT_LEDGER_DUCKDB_PATH another name") -%}
    {%- endif -%}

    {%- if var('demo_data') != false and not problems and find_billing_table('customers', var('raw_schema')) -%}
        {%- do problems.append("the database holds " ~ var('raw_schema') ~ ".customers, and demo_data is "
            ~ var('demo_data') | lower ~ ": set demo_data: false to read it, or build the demo into another file") -%}
    {%- endif -%}

    {%- if problems -%}
        {{ exceptions.raise_compiler_error('The configuration is not usable:\n  - ' ~ problems | join('\n  - ')) }}
    {%- endif -%}
{%- endmacro %}


{% macro _var_problem(name, allowed) -%}
    {{- return("var " ~ name ~ " is '" ~ var(name) ~ "': allowed is " ~ allowed) -}}
{%- endmacro %}


{% macro _is_an_invoice_issued() -%}
    {%- set invoices = find_billing_table('invoices', var('raw_schema')) -%}
    {%- set columns = adapter.get_columns_in_relation(invoices) | map(attribute='name') | map('lower') | list if invoices -%}
    {#- staging says which required table or column is not there -#}
    {%- if not find_billing_table('customers', var('raw_schema'))
        or not invoices and not billing_contract('invoices').is_optional
        or invoices and not ('status' in columns and 'issued_at' in columns) -%}
        {{- return(true) -}}
    {%- endif -%}
    {%- set issued = "select 1 from " ~ invoices ~ " where issued_at is not null and status not in ('draft', 'void') limit 1" -%}
    {{- return(invoices and run_query(issued).rows | length > 0) -}}
{%- endmacro %}


{% macro _is_whole_number(value) -%}
    {{- return(value is integer and value is not boolean and value >= 0) -}}
{%- endmacro %}


{% macro _is_iso_date(value) -%}
    {%- set text = value | string -%}
    {%- if not modules.re.fullmatch('[0-9]{4}-[0-9]{2}-[0-9]{2}', text) -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set year, month, day = text[:4] | int, text[5:7] | int, text[8:] | int -%}
    {%- if year < 1 or month < 1 or month > 12 or day < 1 -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set first_of_next = modules.datetime.date(year + month // 12, month % 12 + 1, 1) -%}
    {{ return(day <= (first_of_next - modules.datetime.timedelta(days=1)).day) }}
{%- endmacro %}
