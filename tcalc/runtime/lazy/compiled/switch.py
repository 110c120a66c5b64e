"""Whether compiled code is used, where it can be."""

from __future__ import annotations


class _Settings:
    """on: whether it is."""

    __slots__ = ("on",)

    def __init__(self) -> None:
        self.on = True


settings = _Settings()
