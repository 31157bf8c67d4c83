"""Tests of service/hedging/hindsight."""
