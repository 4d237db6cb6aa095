"""Ten questions, shown one a message with a button for each option."""

from __future__ import annotations

QUESTIONS = [
    (
        f"Câu {n + 1}/10 · còn 10 phút\n"
        "Điều lệ Đảng quy định chi bộ sinh hoạt định kỳ bao lâu một lần, và do ai triệu tập?",
        ["Mỗi tháng một lần", "Mỗi quý một lần", "Sáu tháng một lần", "Mỗi năm một lần"],
    )
    for n in range(10)
]
LETTERS = "ABCD"


def shown(question: int, before: str = "") -> tuple[str, list[tuple[str, str]]]:
    """The message for a question, and its buttons: (letter, data)."""
    if question >= len(QUESTIONS):
        return f"{before}Đồng chí đã làm xong bài.", []
    text, options = QUESTIONS[question]
    lines = [f"{letter}. {option}" for letter, option in zip(LETTERS, options, strict=True)]
    data = [(letter, f"{question}:{place}") for place, letter in enumerate(LETTERS)]
    return "\n".join([before + text, *lines]), data
