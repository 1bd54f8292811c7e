"""An insurer with known truth, which imports schemas only: an oracle shares no code with what it judges."""
