{% macro row_hash(row_aliases, conditions=[]) -%}
    {{- adapter.dispatch('row_hash', 'cohort_ledger')(row_aliases, conditions) -}}
{%- endmacro %}


{% macro duckdb__row_hash(row_aliases, conditions) -%}
    cast(hash({{ (row_aliases + conditions) | join(', ') }}) as {{ whole_type() }})
{%- endmacro %}


{% macro default__row_hash(row_aliases, conditions) -%}
    cast(hashtextextended(concat_ws('|', {% for alias in row_aliases -%} cast({{ alias }} as text) {%- if not loop.last %}, {% endif -%} {%- endfor -%}
    {%- for condition in conditions %}, cast({{ condition }} as text){% endfor %}), 0) as {{ whole_type() }})
{%- endmacro %}


{% macro spark__row_hash(row_aliases, conditions) -%}
    cast(xxhash64({{ row_aliases | map('~', '.*') | join(', ') }}{% for condition in conditions %}, {{ condition }}{% endfor %}) as {{ whole_type() }})
{%- endmacro %}
