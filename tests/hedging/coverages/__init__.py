"""Tests of service/hedging/coverages."""
