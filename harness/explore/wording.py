"""When two findings say the same."""

from functools import lru_cache


@lru_cache(maxsize=1024)  # a search finds the same again and again
def wording(text: str) -> str:
    """The wording of a finding, whatever it counts, and whether that is one or many."""
    ones = {"is": "are", "was": "were", "has": "have", "does": "do", "its": "their"}
    words = (word for word in text.replace(",", "").split() if not word.strip(".:").isdigit())
    return " ".join(ones.get(word, word.removesuffix("s")) for word in words)
