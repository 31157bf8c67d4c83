"""Tests of service/api/lookups."""
