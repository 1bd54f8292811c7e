"""The fault matrix: the product's own workers under faults, and what a pure replay of their journal says of them."""
