"""What happens when the market moves: to the coins, to the future, and where a hedged book turns."""
