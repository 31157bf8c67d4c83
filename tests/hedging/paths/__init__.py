"""Tests of service/hedging/paths."""
