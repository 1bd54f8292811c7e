"""Migrating: the states of one journal, carried over to a journal with another number of partitions."""
