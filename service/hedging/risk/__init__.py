"""Past returns and their measures: variance, tail, and the hedge ratios that follow from them."""
