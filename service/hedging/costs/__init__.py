"""What holding a hedge costs until a day, by everything that can hold it."""
