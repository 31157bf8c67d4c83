"""Tests of service/hedging/costs."""
