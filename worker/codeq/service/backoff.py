"""How long a failed task waits before it is tried again."""

from dataclasses import dataclass

from kvstore.entropy import Entropy

_LARGEST_EXPONENT = 62


@dataclass(frozen=True, slots=True)
class Backoff:
    """One of the five policies; an unknown name is ``exp_full_jitter``. ``base`` and ``most`` in seconds."""

    policy: str
    base: int
    most: int
    entropy: Entropy

    def seconds(self, attempts: int) -> int:
        """The delay after ``attempts`` attempts, counted from 0."""
        doubled = min(self.base << min(max(attempts, 0), _LARGEST_EXPONENT), self.most)
        match self.policy:
            case "fixed":
                return min(self.base, self.most)
            case "linear":
                return min(self.base * max(1, attempts), self.most)
            case "exponential":
                return doubled
            case "exp_equal_jitter":
                return doubled // 2 + self.entropy.below(doubled // 2 + 1)
            case _:
                return self.entropy.below(doubled + 1)
