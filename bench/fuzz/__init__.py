"""Series F1 and F3: updates and requests that nobody should send."""
