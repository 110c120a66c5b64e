"""A small machine for the pickles of weights: it knows the few opcodes that these need.

A pickle is a program for a stack machine; what it may name are the globals that `rebuilding` lists,
none of which is anything but a description. What comes out are plain containers and descriptions.
"""

from __future__ import annotations

from struct import unpack_from
from typing import TYPE_CHECKING, Any

from tcalc.errors import FileProblem
from tcalc.files.models import rebuilding
from tcalc.files.models.described import Counted, NumberType, OldParameter, Ordered, Raw, Stored
from tcalc.files.models.rebuilding import Unfit

if TYPE_CHECKING:
    from collections.abc import Callable

_DICTS = frozenset({dict, Ordered, Counted})
_LEAST_PROTOCOL, _MOST_PROTOCOL = 2, 5
# A length of more bytes than this is none.
_LONGEST = 1 << 40


class Machine:
    """Runs one pickle in `data` from `at` on. name: the file's, for messages.

    Another kind of pickles has a class of its own: it says what they may name, and what opcodes
    mean there.
    """

    find = staticmethod(rebuilding.find)

    def __init__(self, data: bytes, at: int, name: str) -> None:
        self.data = data
        self.at = at
        self.name = name
        self.stack: list[Any] = []
        self.marks: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        self.storages: dict[str, Stored] = {}

    def run(self) -> Any:
        """What the pickle stands for; `at` is behind it then."""
        data, start = self.data, self.at
        try:
            if data[start] != _PROTO:
                raise Unfit("it does not begin as a pickle of protocol 2 or newer")
            while True:
                opcode = data[self.at]
                self.at += 1
                if opcode == _STOP:
                    break
                step = self.step(opcode)
                if step is None:
                    raise Unfit(f"it has an opcode that weights do not need: {bytes((opcode,))!r}")
                step(self)
            if self.marks or len(self.stack) != 1:
                raise Unfit("it ends with something left over")
            return self.stack[0]
        except Unfit as error:
            problem = FileProblem(
                f"{self.name}: {error} (byte {self.at} of its pickle)",
                hint=error.hint,
                argument="f",
            )
        except IndexError:
            what = "breaks off" if self.at >= len(data) else "takes what it has not put there"
            problem = FileProblem(
                f"{self.name} is damaged: its pickle {what} (byte {self.at})", argument="f"
            )
        raise problem

    def step(self, opcode: int) -> Callable[[Machine], None] | None:
        """What an opcode does; None where it is none that is needed."""
        return _STEPS.get(opcode)

    # -- bytes ------------------------------------------------------------------------------------

    def number(self, width: int) -> int:
        """The next bytes as a number."""
        return int.from_bytes(self.bytes(width), "little")

    def bytes(self, count: int) -> bytes:
        """So many bytes that follow."""
        end = self.at + count
        if count > _LONGEST or end > len(self.data):
            raise Unfit("it breaks off")
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def line(self) -> str:
        """The text up to the end of the line."""
        end = self.data.find(b"\n", self.at)
        if end < 0:
            raise Unfit("it breaks off")
        return _text(self.bytes(end + 1 - self.at)[:-1])

    # -- the stack --------------------------------------------------------------------------------

    def marked(self) -> list[Any]:
        """What was put on the stack since the last mark."""
        taken = self.stack
        self.stack = self.marks.pop()
        return taken

    def keep(self, place: int) -> None:
        self.memo[place] = self.stack[-1]

    def recall(self, place: int) -> None:
        if place not in self.memo:
            raise Unfit(f"it asks for value {place}, which it has not kept")
        self.stack.append(self.memo[place])

    def tuple_of(self, count: int) -> None:
        if len(self.stack) < count:
            raise IndexError
        taken = tuple(self.stack[-count:])
        self.stack[-count:] = [taken]

    def add(self, items: list[Any]) -> None:
        """Append to the list that is on top, or put into the set."""
        top = self.stack[-1]
        if type(top) is list:
            top.extend(items)
        elif type(top) is set:
            top.update(map(rebuilding.key, items))
        else:
            raise Unfit(f"it appends to a {type(top).__name__}")

    def fill(self, items: list[Any]) -> None:
        """Set items of the dict that is on top: keys and values in turn."""
        top = self.stack[-1]
        if type(top) not in _DICTS or len(items) % 2:
            raise Unfit(f"it sets items of a {type(top).__name__}")
        for at in range(0, len(items), 2):
            top[rebuilding.key(items[at])] = items[at + 1]

    def call(self) -> None:
        """Replace a global and its arguments by what it makes of them."""
        arguments, function = self.stack.pop(), self.stack.pop()
        if type(function) is not rebuilding.Global or type(arguments) is not tuple:
            raise Unfit("it calls what is no function")
        self.stack.append(function.made(arguments))

    def build(self) -> None:
        """Give the object on top its state."""
        state, top = self.stack.pop(), self.stack[-1]
        if type(top) is Ordered and type(state) is dict:
            top.metadata = state.get("_metadata")
        elif type(top) is OldParameter and type(state) is tuple and len(state) == 3:
            top.laid = top.laid._replace(requires_grad=state[0] is True)
        elif type(top) is NumberType and type(state) is tuple and len(state) > 1:
            top.order = state[1]
        else:
            raise Unfit(f"it sets the state of a {type(top).__name__}")

    def persistent(self) -> None:
        """Replace what names a storage by the storage."""
        made = rebuilding.storage(self.stack.pop())
        if self.storages.setdefault(made.key, made) != made:
            raise Unfit(f"it describes storage {made.key!r} in two ways")
        self.stack.append(made)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise Unfit("it holds text that is not UTF-8") from None


def _integer(data: bytes) -> int:
    return int.from_bytes(data, "little", signed=True)


# -- opcodes ----------------------------------------------------------------------------------------

_PROTO, _STOP = 0x80, ord(".")


def _proto(machine: Machine) -> None:
    found = machine.number(1)
    if not _LEAST_PROTOCOL <= found <= _MOST_PROTOCOL:
        raise Unfit(f"it is a pickle of protocol {found}")


def _global(machine: Machine) -> None:
    module = machine.line()
    machine.stack.append(machine.find(module, machine.line()))


def _stack_global(machine: Machine) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    if type(name) is not str or type(module) is not str:
        raise Unfit("it names something by what is no text")
    machine.stack.append(machine.find(module, name))


def _mark(machine: Machine) -> None:
    machine.marks.append(machine.stack)
    machine.stack = []


def _put(make: Callable[[Machine], Any]) -> Callable[[Machine], None]:
    """A step that puts one value on the stack."""

    def step(machine: Machine) -> None:
        machine.stack.append(make(machine))

    return step


def _long(machine: Machine) -> int:
    return _integer(machine.bytes(machine.number(1)))


def sized(width: int, make: Callable[[bytes], Any]) -> Callable[[Machine], None]:
    """A step that puts a value that is made of bytes, whose number stands before them."""
    return _put(lambda machine: make(machine.bytes(machine.number(width))))


def _frame(machine: Machine) -> None:
    machine.bytes(8)  # how long it is, which says nothing


def _tuple(machine: Machine) -> None:
    taken = tuple(machine.marked())
    machine.stack.append(taken)


def _frozen(machine: Machine) -> None:
    taken = frozenset(map(rebuilding.key, machine.marked()))
    machine.stack.append(taken)


def _set_item(machine: Machine) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    machine.fill([key, value])


_STEPS: dict[int, Callable[[Machine], None]] = {
    _PROTO: _proto,
    ord("c"): _global,
    0x93: _stack_global,
    ord("("): _mark,
    ord("N"): _put(lambda _: None),
    0x88: _put(lambda _: True),
    0x89: _put(lambda _: False),
    ord(")"): _put(lambda _: ()),
    ord("]"): _put(lambda _: []),
    ord("}"): _put(lambda _: {}),
    0x8F: _put(lambda _: set()),
    ord("K"): _put(lambda machine: machine.number(1)),
    ord("M"): _put(lambda machine: machine.number(2)),
    ord("J"): _put(lambda machine: _integer(machine.bytes(4))),
    0x8A: _put(_long),
    ord("G"): _put(lambda machine: unpack_from(">d", machine.bytes(8))[0]),
    ord("X"): sized(4, _text),
    0x8C: sized(1, _text),
    0x8D: sized(8, _text),
    ord("U"): sized(1, _text),  # the text of Python 2
    ord("T"): sized(4, _text),
    ord("C"): sized(1, Raw),
    ord("B"): sized(4, Raw),
    0x8E: sized(8, Raw),
    0x96: sized(8, Raw),
    ord("q"): lambda machine: machine.keep(machine.number(1)),
    ord("r"): lambda machine: machine.keep(machine.number(4)),
    0x94: lambda machine: machine.keep(len(machine.memo)),
    ord("h"): lambda machine: machine.recall(machine.number(1)),
    ord("j"): lambda machine: machine.recall(machine.number(4)),
    0x95: _frame,
    0x85: lambda machine: machine.tuple_of(1),
    0x86: lambda machine: machine.tuple_of(2),
    0x87: lambda machine: machine.tuple_of(3),
    ord("t"): _tuple,
    ord("a"): lambda machine: machine.add([machine.stack.pop()]),
    ord("e"): lambda machine: machine.add(machine.marked()),
    0x90: lambda machine: machine.add(machine.marked()),
    ord("s"): _set_item,
    ord("u"): lambda machine: machine.fill(machine.marked()),
    0x91: _frozen,
    ord("R"): Machine.call,
    ord("b"): lambda machine: machine.build(),
    ord("Q"): Machine.persistent,
}
