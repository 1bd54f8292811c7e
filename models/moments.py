"""Times and lengths of time, in seconds."""

MINUTE = 60.0
HOUR = 60 * MINUTE
DAY = 24 * HOUR

NEVER = 0.0
"""A time that has not come: 1970. Event times before 1971 are refused."""
