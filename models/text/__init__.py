"""The online text model: what was said to how the conversation ends, and whether a person is needed."""
