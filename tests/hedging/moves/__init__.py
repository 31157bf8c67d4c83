"""Tests of service/hedging/moves."""
