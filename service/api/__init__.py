"""HTTP, and nothing but: requests in, one pure function, replies and problems out."""
