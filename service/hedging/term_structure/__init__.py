"""Futures beside spot and beside each other: pairs, how a basis runs off, rolls and funding."""
