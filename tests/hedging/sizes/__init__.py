"""Tests of service/hedging/sizes."""
