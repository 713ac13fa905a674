"""`python -m cohort_ledger` is `cohort-ledger`."""

from cohort_ledger.cli import main

main()
