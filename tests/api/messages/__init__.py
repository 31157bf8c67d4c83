"""Tests of service/api/messages."""
