"""Two versions of Foreshock side by side: a rolling upgrade and a step back, on real workers and a real broker."""
