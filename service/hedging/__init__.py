"""The mathematics of the hedge: pure functions over exact decimals, no clock, no network, no log."""
