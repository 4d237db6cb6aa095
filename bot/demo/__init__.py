"""`python -m bot demo`: the whole product on this machine, with people made of software."""
