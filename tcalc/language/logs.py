"""Logs: records of a level and more, written to standard error or to files of text.

Formats are filled with texts and numbers of ours alone.
"""

from __future__ import annotations

import time
from operator import index

from tcalc.language import attributes, streams
from tcalc.language.dates import check_format
from tcalc.language.formatting import check_spec, percent
from tcalc.language.lent import Lent, need_text
from tcalc.runtime.base.modes import effect
from tcalc.runtime.objects.lists import List
from tcalc.runtime.objects.texts import str_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

LEVELS = {
    "NOTSET": 0, "DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40, "CRITICAL": 50,
    "WARN": 30, "FATAL": 50,
}  # fmt: skip
BASIC = "%(levelname)s:%(name)s:%(message)s"
_NAMES = {number: name for name, number in reversed(LEVELS.items())}
_DATES = "%Y-%m-%d %H:%M:%S"


def level_of(level: Any) -> int:
    """The number of a level, which may be a name."""
    if type(level) is str:
        found = LEVELS.get(level)
        if found is None:
            raise ValueError(f"Unknown level: {level!r}")
        return found
    return index(level)


def level_name(level: Any, /) -> str:
    """What a level is called"""
    number = level_of(level)
    return _NAMES.get(number, f"Level {number}")


class Formatter(Lent):
    """How a record is written: `%(asctime)s %(levelname)s %(name)s %(message)s` and the like"""

    __slots__ = ("_dates", "_text")

    def __init__(
        self, fmt: str | None = None, datefmt: str | None = None, style: str = "%"
    ) -> None:
        if style not in ("%", "{") or type(style) is not str:
            raise ValueError("Style must be one of: %,{")
        text = check_spec(need_text("a format", "%(message)s" if fmt is None else fmt))
        if style == "{":
            for name in _fields("", 0, ""):
                text = text.replace(f"{{{name}}}", f"%({name})s")
        self._text = text
        self._dates = None if datefmt is None else check_format(datefmt)

    def text(self, name: str, level: int, message: str) -> str:
        """A record as text."""
        fields = _fields(name, level, message)
        if "%(asctime)" in self._text:
            made = time.strftime(self._dates or _DATES)
            fields["asctime"] = made if self._dates else f"{made},{fields['msecs']:03d}"
        filled: str = percent(self._text, fields)
        return filled


def _fields(name: str, level: int, message: str) -> dict[str, Any]:
    now = time.time()
    return {
        "name": name, "levelno": level, "levelname": level_name(level), "message": message,
        "asctime": "", "created": now, "msecs": int(now % 1 * 1000), "lineno": 0, "filename": "",
        "module": "", "pathname": "", "funcName": "", "process": 0, "thread": 0,
        "processName": "MainProcess", "threadName": "MainThread",
    }  # fmt: skip


class Handler(Lent):
    """Where records go"""

    __slots__ = ("_formatter", "_level")
    _public_ = frozenset({"close", "flush", "level", "setFormatter", "setLevel"})

    def __init__(self, level: Any = 0) -> None:
        self._level = level_of(level)
        self._formatter = Formatter()

    level = property(lambda self: self._level)

    def setLevel(self, level: Any) -> None:
        """Let only records of a level and more through"""
        self._level = level_of(level)

    def setFormatter(self, fmt: Any) -> None:
        """How records are written"""
        if type(fmt) is not Formatter:
            raise TypeError("setFormatter() takes a Formatter of logging")
        self._formatter = fmt

    def flush(self) -> None:
        """Nothing waits here"""

    def close(self) -> None:
        """Nothing is held"""

    def emit(self, name: str, level: int, message: str) -> None:
        """Write a record, if it is for this handler."""
        if level >= self._level:
            self.put(self._formatter.text(name, level, message) + "\n")

    def put(self, text: str) -> None:
        """Write a text where records go."""


class NullHandler(Handler):
    """Records go nowhere"""

    __slots__ = ()


class StreamHandler(Handler):
    """Records go to standard error, or to anything with `write`"""

    __slots__ = ("_stream",)

    def __init__(self, stream: Any = None) -> None:
        super().__init__()
        self._stream = stream

    def put(self, text: str) -> None:
        if self._stream is None:
            streams.put_aside(text)
        else:
            attributes.read(self._stream, "write")(text)


class FileHandler(Handler):
    """Records go to a file of text"""

    __slots__ = ("_file",)

    def __init__(
        self, filename: Any, mode: str = "a", encoding: str | None = None, delay: bool = False
    ) -> None:
        from tcalc.language.textfiles import opened

        super().__init__()
        self._file = opened(filename, mode, encoding=encoding)

    def put(self, text: str) -> None:
        self._file.write(text)

    def flush(self) -> None:
        """Write to the file what it does not have yet"""
        self._file.flush()

    def close(self) -> None:
        """Write to the file what it does not have yet, and be done"""
        self._file.close()


class Logger(Lent):
    """Takes records of a name"""

    __slots__ = ("_handlers", "_level", "_parent", "disabled", "name", "propagate")
    _public_ = frozenset(
        "addHandler critical debug disabled error exception getEffectiveLevel handlers hasHandlers "
        "info isEnabledFor level log name propagate removeHandler setLevel warn warning".split()
    )
    _writable_ = frozenset({"disabled", "propagate"})

    def __init__(self, name: str, parent: Logger | None) -> None:
        self.name, self._parent = name, parent
        self._level = 0
        self._handlers: list[Handler] = []
        self.propagate, self.disabled = True, False

    level = property(lambda self: self._level)
    handlers = property(lambda self: List(self._handlers))

    def setLevel(self, level: Any) -> None:
        """Take only records of a level and more"""
        self._level = level_of(level)

    def getEffectiveLevel(self) -> int:
        """The level that it goes by: its own, or that of the name above"""
        at: Logger | None = self
        while at is not None:
            if at._level:
                return at._level
            at = at._parent
        return 0

    def isEnabledFor(self, level: Any) -> bool:
        """Whether records of a level are taken"""
        number = level_of(level)
        return not self.disabled and number > off[0] and number >= self.getEffectiveLevel()

    def addHandler(self, hdlr: Any) -> None:
        """Let records go to a handler, too"""
        if not isinstance(hdlr, Handler):
            raise TypeError("addHandler() takes a handler of logging")
        if hdlr not in self._handlers:
            self._handlers.append(hdlr)

    def removeHandler(self, hdlr: Any) -> None:
        """Let records go to a handler no longer"""
        self._handlers = [handler for handler in self._handlers if handler is not hdlr]

    def hasHandlers(self) -> bool:
        """Whether records go anywhere"""
        return bool(self._reached())

    def _reached(self) -> list[Handler]:
        found: list[Handler] = []
        at: Logger | None = self
        while at is not None:
            found += at._handlers
            at = at._parent if at.propagate else None
        return found

    def log(self, level: Any, msg: Any, *args: Any, exc_info: Any = None, **_: Any) -> None:
        """Take a record of a level, whose text is `msg % args`"""
        number = level_of(level)
        if not self.isEnabledFor(number):
            return
        effect("log")
        text = str_of(msg)
        if args:
            single = len(args) == 1 and isinstance(args[0], dict) and args[0]
            text = percent(text, args[0] if single else args)
        if isinstance(exc_info, BaseException):
            text += f"\n{type(exc_info).__name__}: {str_of(exc_info)}"
        handlers = self._reached()
        for handler in handlers:
            handler.emit(self.name, number, text)
        if not handlers and number >= LEVELS["WARNING"]:
            streams.put_aside(text + "\n")

    def debug(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        """Take a record of the level DEBUG"""
        self.log(LEVELS["DEBUG"], msg, *args, **kwargs)

    def info(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        """Take a record of the level INFO"""
        self.log(LEVELS["INFO"], msg, *args, **kwargs)

    def warning(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        """Take a record of the level WARNING"""
        self.log(LEVELS["WARNING"], msg, *args, **kwargs)

    def error(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        """Take a record of the level ERROR"""
        self.log(LEVELS["ERROR"], msg, *args, **kwargs)

    def critical(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        """Take a record of the level CRITICAL"""
        self.log(LEVELS["CRITICAL"], msg, *args, **kwargs)

    def exception(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        """Take a record of the level ERROR, with the error that is being handled"""
        import sys

        self.log(LEVELS["ERROR"], msg, *args, **{"exc_info": sys.exc_info()[1], **kwargs})

    warn = warning

    def __repr__(self) -> str:
        level = level_name(self.getEffectiveLevel())
        return f"<{'RootLogger' if self._parent is None else 'Logger'} {self.name} ({level})>"


# Up to which level nothing is taken at all.
off = [0]
root = Logger("root", None)
root.setLevel("WARNING")
_loggers: dict[str, Logger] = {}


def get_logger(name: str | None = None) -> Logger:
    """The logger of a name, which is the same each time; without one, that above all"""
    if name is None or need_text("the name of a logger", name) in ("", "root"):
        return root
    found = _loggers.get(name)
    if found is None:
        above = name.rpartition(".")[0]
        found = _loggers[name] = Logger(name, get_logger(above) if above else root)
    return found


def basic_config(
    *,
    level: Any = None,
    format: str | None = None,
    datefmt: str | None = None,
    style: str = "%",
    filename: Any = None,
    filemode: str = "a",
    stream: Any = None,
    handlers: Any = None,
    encoding: str | None = None,
    force: bool = False,
) -> None:
    """Say where the records of all loggers go, and how they are written"""
    effect("basicConfig")
    if force:
        root._handlers = []
    if not root._handlers:
        chosen: list[Any] = [] if handlers is None else [*handlers]
        if not chosen and filename is not None:
            chosen = [FileHandler(filename, filemode, encoding)]
        formatter = Formatter(BASIC if format is None else format, datefmt, style)
        for handler in chosen or [StreamHandler(stream)]:
            root.addHandler(handler)
            handler.setFormatter(formatter)
        if level is not None:
            root.setLevel(level)
