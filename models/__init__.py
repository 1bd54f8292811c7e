"""What we believe about customers and decide: pure, deterministic, without a clock, a socket or a log."""
