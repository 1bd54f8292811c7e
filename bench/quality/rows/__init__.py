"""One file per group of rows of the table."""
