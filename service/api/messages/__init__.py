"""Requests in, replies and problems out: what HTTP asks for, whatever the question is."""
