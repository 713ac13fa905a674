"""The ledger measured on generated data."""
