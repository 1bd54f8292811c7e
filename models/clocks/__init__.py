"""The clocks that the law sets an open complaint, and the packs that say which."""
