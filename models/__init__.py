"""What we believe about customers and decide: pure, deterministic, without clock or network."""
