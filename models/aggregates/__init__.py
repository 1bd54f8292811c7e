"""Alerts about many customers at once: a second core, over what the first one observes."""
