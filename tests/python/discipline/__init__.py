"""What the discipline tests are tried on: corruptions of a built ledger, and mutants of the models that build it."""
