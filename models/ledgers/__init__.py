"""Promises and feedback, tracked to an answer: nothing leaves the ledger without an end that has a name."""
