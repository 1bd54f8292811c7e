"""The front door: one command per file, and all that is given to people who run Foreshock."""
