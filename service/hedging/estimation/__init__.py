"""Betas from past returns, each with its doubt."""
