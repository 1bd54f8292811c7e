"""Every threshold, half-life and cap of the core, with its unit and its reason: one section per file."""
