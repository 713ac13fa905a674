"""Whether this machine and this configuration work."""
