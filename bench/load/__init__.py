"""A Bot API server that does nothing but answer, count and send updates: the load, the same for every side.

The simulator checks every call against Telegram's own rules; that takes longer than the fastest side takes
to answer. Here a call is read just far enough to know which chat it answers.
"""
