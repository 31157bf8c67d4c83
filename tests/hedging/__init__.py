"""Tests of the hedging side."""
