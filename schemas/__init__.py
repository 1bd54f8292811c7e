"""What a message is: every contract of Foreshock, and the one serialiser that reads and writes them."""
