"""Tests of service/api/charts."""
