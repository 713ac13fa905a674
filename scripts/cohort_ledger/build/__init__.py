"""Build the ledger, and what it says today."""
