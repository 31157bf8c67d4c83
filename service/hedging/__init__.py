"""The mathematics of the hedge: pure functions over exact decimals, no clock, no network, no log.

A module here is a question that can be asked, by its name in the API, or a word or noun that all of them use. What
stands behind the questions has rooms of its own, each of which says in one sentence what it is about.
"""
