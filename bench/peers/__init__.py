"""Peers: the shortest honest bots that do the same work, written as the libraries' own pages teach."""
