"""Tests of service/hedging/term_structure."""
