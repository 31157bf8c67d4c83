"""The OpenAPI document: every operation, what it refuses, and examples that are real."""
