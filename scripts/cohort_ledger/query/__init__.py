"""A mart or a query, printed."""
