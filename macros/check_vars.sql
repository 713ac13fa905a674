{% macro check_vars() -%}
    {%- set problems = [] -%}

    {%- set declared = declared_vars() -%}
    {%- for name in invocation_args_dict.get('vars', {}) if name not in declared -%}
        {%- do problems.append("there is no var '" ~ name ~ "': the vars are " ~ declared | join(', ')) -%}
    {%- endfor -%}
    {%- for name, about in declared.items() if not (about.nullable and var(name) is none) -%}
        {%- set form = _form_of_var(about.type, var(name), about.one_of) -%}
        {%- if form -%}
            {%- do problems.append(
                "var " ~ name ~ " is '" ~ var(name) ~ "': allowed is " ~ ('null or ' if about.nullable) ~ form
            ) -%}
        {%- endif -%}
    {%- endfor -%}

    {%- if var('demo_data') != false and 'raw_schema' in invocation_args_dict.get('vars', {}) -%}
        {%- do problems.append("raw_schema is set, but demo_data is " ~ var('demo_data') | lower
            ~ ": the tables in " ~ var('raw_schema') ~ " are read only with demo_data: false") -%}
    {%- endif -%}

    {%- set needs_subscriptions = {
        'paused_as': 'inactive', 'delinquent_after_days': none, 'churn_recognised_at': 'service_end',
    } -%}
    {%- for name, default in needs_subscriptions.items()
        if var('mrr_basis') == 'invoices' and var(name) != default -%}
        {%- do problems.append("var " ~ name ~ " is '" ~ var(name) ~ "', but mrr_basis is invoices, and a line that was "
            ~ "billed does not know what its subscription did") -%}
    {%- endfor -%}

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


{# The form that a value of a type ought to have; nothing where it has it. #}
{% macro _form_of_var(type, value, one_of) -%}
    {%- if type == 'choice' -%}
        {%- set form, is_right = 'one of ' ~ one_of | join(', ') | lower, value is not integer and value in one_of -%}
    {%- elif type == 'name' -%}
        {%- set form = 'a name of letters, digits, underscores, hyphens and blanks' -%}
        {%- set is_right = _matches('\\w([\\w -]*\\w)?', value) -%}
    {%- elif type == 'currency' -%}
        {%- set form, is_right = 'a code of letters and digits such as USD', _matches('[A-Za-z0-9]+', value) -%}
    {%- elif type == 'day' -%}
        {%- set form, is_right = 'a day written YYYY-MM-DD', _is_iso_date(value) -%}
    {%- elif type in ('days', 'months') -%}
        {%- set form, is_right = 'a whole number of ' ~ type ~ ', 0 or more', _is_whole_number(value) -%}
    {%- elif type == 'month' -%}
        {%- set form, is_right = 'a month from 1 to 12', _is_whole_number(value) and value in range(1, 13) -%}
    {%- elif type == 'timezone' -%}
        {%- set form, is_right = 'an IANA time zone such as UTC or Europe/Paris', value in modules.pytz.all_timezones -%}
    {%- elif type == 'floors' -%}
        {%- set form, is_right = 'a list of numbers that ascends from 0', _ascends_from_0(value) -%}
    {%- elif type == 'share' -%}
        {%- set form = 'a number from 0 to 1' -%}
        {%- set is_right = value is number and value is not boolean and value >= 0 and value <= 1 -%}
    {%- endif -%}
    {{- return(none if is_right else form) -}}
{%- endmacro %}


{% macro _matches(pattern, value) -%}
    {{- return(value is string and modules.re.fullmatch(pattern, value) is not none) -}}
{%- endmacro %}


{% macro _ascends_from_0(floors) -%}
    {%- if floors is string or floors is not iterable or not floors or floors[0] != 0
        or floors | reject('number') | list or floors | select('boolean') | list -%}
        {{- return(false) -}}
    {%- endif -%}
    {%- for floor in floors if not (floor >= 0 and floor < 10 ** 14) -%}
        {{- return(false) -}}
    {%- endfor -%}
    {{- return(floors == floors | unique | sort) -}}
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
