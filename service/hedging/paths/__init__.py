"""Simulation: how prices may move, what is held against them, and the distributions that come of it."""
