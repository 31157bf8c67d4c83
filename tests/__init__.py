"""Promises of the service, each kept by a test."""
