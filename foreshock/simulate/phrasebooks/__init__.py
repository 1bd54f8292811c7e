"""What people say to an insurer, in Chinese and English: the same headings in each language."""
