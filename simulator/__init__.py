"""Chat platforms on localhost, and a page of phones to look at them.

Imports nothing of the project's other rooms: it stands where the real platforms stand.
"""
