"""`platform`: what is known of the machine and of Python."""

from __future__ import annotations

import platform
import sys

from tcalc.runtime.base.modes import effectful

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def python_version() -> str:
    """Python's version"""
    return ".".join(map(str, sys.version_info[:3]))


def python_version_tuple() -> tuple[str, ...]:
    """Python's version in three parts"""
    return tuple(map(str, sys.version_info[:3]))


def platform_() -> str:
    """The system, its release and the machine"""
    return "-".join([platform.system(), platform.release(), platform.machine()])


def members() -> dict[str, Any]:
    """What programs find in it."""
    asked = ("machine", "python_implementation", "release", "system")
    made = {name: effectful(getattr(platform, name)) for name in asked}
    return {
        **made,
        "platform": effectful(platform_),
        "processor": made["machine"],
        "python_version": python_version,
        "python_version_tuple": python_version_tuple,
    }
