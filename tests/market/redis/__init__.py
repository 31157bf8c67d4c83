"""The cache against a real Redis: what it shares, and what it does when that is frozen, killed, full, or lies."""
