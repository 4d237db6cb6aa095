"""Refusals of the people door. Those of a platform live with that platform."""


class Refused(Exception):
    """A request of the page or of a script that cannot be done; `status` is 4xx."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status
