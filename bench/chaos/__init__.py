"""Series D, A, S and R of the reliability programme, against the real process."""
