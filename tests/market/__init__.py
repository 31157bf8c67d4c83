"""Tests of live prices: the feeds, and the local exchanges that they read."""
