"""What a hedge did: risk taken away, losses offset, and where its result came from."""
