"""Files into the raw schema."""
