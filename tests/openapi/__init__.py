"""Tests of the openapi side."""
