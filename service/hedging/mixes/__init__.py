"""Several contracts at once: plans in whole lots, the best of them, and the proof."""
