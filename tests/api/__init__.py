"""Tests of the api side."""
