"""Sizes of a hedge in whole lots: which are legal, what each brings, and which to take."""
