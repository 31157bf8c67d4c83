"""A margin account: what is posted behind a position, where it is taken away, and how likely that is."""
