"""Tests of service/hedging/risk."""
