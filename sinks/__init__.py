"""Where alerts go, and what the worker tells Prometheus."""
