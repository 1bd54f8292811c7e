"""Alerts as people work with them: found on their topic, shown, answered."""
