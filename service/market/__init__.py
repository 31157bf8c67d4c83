"""Prices and contract terms enter here, from five exchanges, or not at all."""
