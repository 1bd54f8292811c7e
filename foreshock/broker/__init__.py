"""The broker as an operator meets it: reached, asked about its topics, read once."""
