"""How much of a book to hedge: what each coverage brings, and what it says about whoever chooses it."""
