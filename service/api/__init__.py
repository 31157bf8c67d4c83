"""HTTP, and nothing but: requests in, one pure function, replies and problems out.

A module here is an endpoint, by the name of its path. What all of them need has rooms of its own.
"""
