"""Tests of service/hedging/mixes."""
