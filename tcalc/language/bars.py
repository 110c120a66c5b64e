"""What progress bars are drawn of: blocks, numbers in few figures, times."""

from __future__ import annotations

BLOCKS = " ▏▎▍▌▋▊▉█"
DIGITS = " 123456789#"
_PREFIXES = ("", "k", "M", "G", "T", "P", "E", "Z")


def drawn(part: float, width: int, blocks: str) -> str:
    """A bar that is partly full; blocks: what a place looks like from empty to full.

    >>> drawn(0.55, 10, DIGITS)
    '#####5    '
    """
    steps = len(blocks) - 1
    full, rest = divmod(int(part * width * steps), steps)
    bar = blocks[-1] * full + (blocks[rest] if full < width else "")
    return bar[:width].ljust(width)


def scaled(number: float, divisor: int) -> str:
    """A number in three figures, with the letter of a thousand, a million and so on.

    >>> scaled(12345, 1000), scaled(2048, 1024)
    ('12.3k', '2.00k')
    """
    for prefix in _PREFIXES:
        size = abs(number)
        if size < 999.5:
            return f"{number:.{2 if size < 9.995 else 1 if size < 99.95 else 0}f}{prefix}"
        number /= divisor
    return f"{number:.1f}Y"


def clock(seconds: float) -> str:
    """Minutes and seconds, with hours in front where there are any.

    >>> clock(75), clock(3661)
    ('01:15', '1:01:01')
    """
    minutes, whole = divmod(int(max(0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{whole:02d}" if hours else f"{minutes:02d}:{whole:02d}"
