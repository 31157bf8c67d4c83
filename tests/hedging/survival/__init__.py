"""Tests of service/hedging/survival."""
