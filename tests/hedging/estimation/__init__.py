"""Tests of service/hedging/estimation."""
