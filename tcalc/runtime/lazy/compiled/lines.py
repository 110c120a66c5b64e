"""Lines of LLVM's text that read what objects of Python's hold."""

from __future__ import annotations


def word(name: str, place: int, of: str, kind: str = "i64") -> list[str]:
    """Lines that read one of the words that begin somewhere."""
    return [
        f"  %{name}.at = getelementptr i64, ptr {of}, i64 {place}",
        f"  %{name} = load {kind}, ptr %{name}.at, align 8",
    ]


def field(name: str, of: str, at: int | str, kind: str = "i64") -> list[str]:
    """A field of an object, so many bytes from where that begins."""
    return [
        f"  %{name}.at = getelementptr i8, ptr {of}, i64 {at}",
        f"  %{name} = load {kind}, ptr %{name}.at, align {4 if kind == 'i32' else 8}",
    ]


def equal(name: str, a: str, b: str, kind: str = "i64") -> str:
    """A line that compares."""
    return f"  %{name} = icmp eq {kind} {a}, {b}"


def unless(test: str, where: str, on: str) -> list[str]:
    """Leave where a test fails."""
    return [f"  br i1 %{test}, label %{on}, label %{where}", f"{on}:"]
