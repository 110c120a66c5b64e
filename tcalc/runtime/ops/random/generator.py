"""Random number generators, PyTorch's own for the CPU, draw by draw and state by state.

It is MT19937, seeded with the low 32 bits of the seed. `sampling` makes numbers of its words.
"""

from __future__ import annotations

import os
from _thread import RLock
from operator import index as as_int
from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, StateError, ValueProblem
from tcalc.runtime.base import kinds
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.symbols import number_of
from tcalc.runtime.types.devices import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcalc.runtime.base.op import Array
    from tcalc.runtime.lazy.twister import Twister
    from tcalc.runtime.tensor.tensor import Tensor

    # Writes numbers of a generator into an array.
    Fill = Callable[[Array, "Generator"], object]

# The seed of a new `torch.Generator`.
DEFAULT_SEED = 67280421310721
_WORDS = 624
# How PyTorch lays out its state: seed, left, seeded, next, the words in 64 bits each, two unused
# doubles around the kept normal, whether it is valid, and a float twin that the CPU never sets.
_STATE_BYTES = 5056
_WORDS_AT, _WORDS_END = 24, 24 + 8 * _WORDS
# Requests for more words than this are worth loading numpy.random for (some 20 ms).
_FEW = 4096


class _Few:
    """MT19937 from the standard library: there at once, and slow for many words."""

    __slots__ = ("_frombuffer", "_source")

    def __init__(self, key: Sequence[int], position: int) -> None:
        from random import Random

        from numpy import frombuffer

        self._frombuffer = frombuffer
        self._source = Random()
        self._source.setstate((3, (*key, position), None))

    def words(self, n: int) -> Array:
        bits = self._source.getrandbits(32 * n)
        words: Any = self._frombuffer(bits.to_bytes(4 * n, "little"), "<u4")
        return words

    def key(self) -> Sequence[int]:
        return self._source.getstate()[1][:-1]


class _Many:
    """MT19937 from NumPy: fast for many words."""

    __slots__ = ("_draw", "_source")

    def __init__(self, key: Sequence[int], position: int) -> None:
        from numpy import array, uint32
        from numpy.random import MT19937, Generator

        self._source = MT19937(0)
        self._draw = Generator(self._source).integers
        self._source.state = {
            "bit_generator": "MT19937",
            "state": {"key": array(key, uint32), "pos": position},
        }

    def words(self, n: int) -> Array:
        return self._draw(1 << 32, size=n, dtype="uint32")  # words as they come

    def key(self) -> Sequence[int]:
        found: list[int] = self._source.state["state"]["key"].tolist()
        return found


def _engine_for(n: int) -> type[_Few | _Many | Twister]:
    """What draws so many words in the least time."""
    if n <= _FEW:
        return _Few
    from tcalc.runtime.lazy import twister

    return twister.Twister if twister.is_ready(n) else _Many


class Generator:
    """A source of random numbers with a state of its own, as `torch.Generator`.

    >>> g = Generator().manual_seed(0)
    >>> g.words(2).tolist()
    [2357136044, 2546248239]
    """

    # lock: held while numbers are drawn and while the state changes: threads take turns.
    # _next: the index in the state of the next word. _block: the words of the state, of which those
    # from there on are yet to be given; None where they were not drawn. _made: what functions make of
    # them.
    __slots__ = ("_block", "_engine", "_key", "_made", "_next", "_seed", "device", "lock", "spare")
    _public_ = frozenset(
        {"clone", "device", "get_state", "initial_seed", "manual_seed", "seed", "set_state"}
    )

    def __init__(self, device: object = "cpu") -> None:
        effect("Generator")
        self._begin(device)

    def _begin(self, device: object) -> Generator:
        self.device = resolve(device)
        self.lock = RLock()
        # The second of two normals drawn at once, which the next call gets.
        self.spare: float | None = None
        self._restart(DEFAULT_SEED, None, 0)
        return self

    def _restart(self, seed: int, key: Sequence[int] | None, following: int) -> None:
        # Words and the index of the next one; index 0 is a state from which nothing was drawn.
        with self.lock:
            self._seed = seed
            self._key = key
            self._next = following
            self._engine: _Few | _Many | Twister | None = None
            self._block: Any = None
            self._made: dict[tuple[Callable[[Array], Array], int], Array] = {}

    def manual_seed(self, seed: int) -> Generator:
        """Start again from a seed in [-2**63, 2**64); negative ones count from 2**64 down."""
        effect("manual_seed")
        if isinstance(seed, bool) or not hasattr(seed, "__index__"):
            raise StateError(
                f"manual_seed expected a long, but got {type(seed).__name__}", argument="seed"
            )
        number = as_int(number_of(seed))
        if not -(1 << 63) <= number < 1 << 64:
            raise ValueProblem(
                f"Overflow when unpacking long long: {number} is no 64-bit seed", argument="seed"
            )
        self.spare = None
        self._restart(number % (1 << 64), None, 0)
        return self

    def initial_seed(self) -> int:
        """The seed that the generator was last started from."""
        effect("initial_seed")
        return self._seed

    def seed(self) -> int:
        """Start again from a seed that the system chose, and return it."""
        effect("seed")
        chosen = chosen_seed()
        self.manual_seed(chosen)
        return chosen

    def clone(self) -> Generator:
        """Another generator in the same state, which goes its own way from here."""
        effect("clone")
        twin = _new(Generator)._begin(self.device)
        key, following = self._state()
        twin._restart(self._seed, tuple(key), following)
        twin.spare = self.spare
        return twin

    def exchange(self, other: Generator) -> None:
        """Let two generators change places: each goes on where the other was."""
        with self.lock, other.lock:
            for name in ("_block", "_engine", "_key", "_made", "_next", "_seed", "spare"):
                own = getattr(self, name)
                setattr(self, name, getattr(other, name))
                setattr(other, name, own)

    def words(self, n: int) -> Array:
        """The next `n` (at least one) 32-bit words, which all draws are made of, in a uint32 array."""
        block, stop = self._block, self._next + n
        if block is not None and stop <= _WORDS:  # few words: those of a state are drawn at once
            found = block[self._next : stop]
            self._next = stop
            return found
        return self._further(n)

    def made(self, function: Callable[[Array], Array], n: int, each: int = 1) -> Array:
        """What an elementwise function makes of words, the next `n` numbers; each: of so many words.

        Of all words of a state it is made at once, and kept: so few are soon given.
        """
        block, at = self._block, self._next
        stop = at + n * each
        if block is None or stop > _WORDS:
            return function(self._further(n * each))
        first = at % each
        found = self._made.get((function, first))
        if found is None:
            whole = block[first : _WORDS - (_WORDS - first) % each]
            found = self._made[function, first] = function(whole)
            found.flags.writeable = False
        self._next = stop
        return found[..., at // each : stop // each]

    def _further(self, n: int) -> Array:
        from numpy import concatenate, empty, uint32

        engine, block, at = self._engine, self._block, self._next
        if engine is None or n > _FEW:
            kind = _engine_for(n)
            if type(engine) is not kind:
                key, following = self._state()
                at = following or _WORDS
                engine = self._engine = kind(key, at if block is None else _WORDS)
        parts = []
        if block is not None:
            parts.append(block[at:])
            at, n, block = _WORDS, n - (_WORDS - at), None
        if n > _WORDS:
            parts.append(engine.words(n))
            at = (at + n - 1) % _WORDS + 1
            n = 0
        while n:
            at %= _WORDS
            block = empty(_WORDS, uint32)
            block[at:] = engine.words(_WORDS - at)
            taken = block[at : at + n]
            parts.append(taken)
            at += len(taken)
            n -= len(taken)
        self._block, self._next, self._made = block, at, {}
        return parts[0] if len(parts) == 1 else concatenate(parts)

    def fill(self, array: Array, write: Fill) -> None:
        """Let `write(array, generator)` write numbers into an array, while other threads wait.

        What it spreads over threads of its own draws without asking for the turn again.
        """
        with self.lock:
            write(array, self)

    def _state(self) -> tuple[Sequence[int], int]:
        if self._engine is not None:
            return self._engine.key(), self._next
        if self._key is None:
            self._key = _seeded(self._seed)
        return self._key, self._next

    def state_bytes(self) -> bytes:
        """The state in PyTorch's layout of 5056 bytes."""
        from struct import pack

        key, following = self._state()
        left = _WORDS + 1 - following if following else 1
        return b"".join(
            (
                pack("<QiiQ", self._seed, left, 1, following),
                pack(f"<{_WORDS}Q", *key),
                pack("<dddi4x", 0.0, self.spare or 0.0, 0.0, self.spare is not None),
                pack("<f?3x", 0.0, False),
            )
        )

    def load_bytes(self, state: bytes) -> None:
        """Go to a state that `state_bytes` or PyTorch wrote."""
        from struct import unpack, unpack_from

        if len(state) != _STATE_BYTES:
            raise StateError(
                f"Expected a CPUGeneratorImplState of size {_STATE_BYTES} but found the input RNG "
                f"state size to be {len(state)}",
                argument="new_state",
            )
        seed, left, seeded, following = unpack_from("<QiiQ", state)
        key = unpack(f"<{_WORDS}Q", state[_WORDS_AT:_WORDS_END])
        _, spare, _, valid = unpack_from("<dddi", state, _WORDS_END)
        expected = _WORDS + 1 - following if following else 1
        if not seeded or following > _WORDS or left != expected or max(key) >> 32:
            raise StateError("Invalid mt19937 state", argument="new_state")
        self._restart(seed, key, following)
        self.spare = spare if valid else None

    def get_state(self) -> Tensor:
        """The state as a uint8 tensor, for `set_state`."""
        effect("get_state")
        from numpy import frombuffer

        from tcalc.runtime.tensor.tensor import wrap

        return wrap(frombuffer(bytearray(self.state_bytes()), "uint8"))

    def set_state(self, new_state: object) -> Generator:
        """Go to the state that `get_state` returned, here or in PyTorch."""
        effect("set_state")
        array = getattr(new_state, "array", None)
        if array is None or array.dtype != "uint8":
            raise ArgumentError("RNG state must be a torch.ByteTensor", argument="new_state")
        self.load_bytes(array.tobytes())
        return self

    def __repr__(self) -> str:
        return f"<torch._C.Generator object, device {self.device}>"


def _seeded(seed: int) -> list[int]:
    """The words that MT19937 starts with (Matsumoto and Nishimura's init_genrand)."""
    word = seed & 0xFFFFFFFF
    key = [word]
    for i in range(1, _WORDS):
        word = (1812433253 * (word ^ (word >> 30)) + i) & 0xFFFFFFFF
        key.append(word)
    return key


def chosen_seed() -> int:
    """A seed that the system chooses."""
    return int.from_bytes(os.urandom(8), "little")


_new = object.__new__
_defaults: dict[str, Generator] = {}
# The seeds that the system chose for them, before a program chose another.
_first: dict[str, int] = {}


def default_generator(where: str = "cpu") -> Generator:
    """The generator of a kind of device's draws that name none; the system chooses its seed."""
    found = _defaults.get(where)
    if found is None:
        found = _defaults[where] = begun(where)
    return found


def begun(where: str) -> Generator:
    """A generator that is where the default one of a kind of device begins."""
    made = _new(Generator)._begin(where)
    made._restart(first_seed(where), None, 0)
    return made


def first_seed(where: str = "cpu") -> int:
    """The seed that the default generator of a kind of device begins with."""
    return _first.setdefault(where, chosen_seed())


def default_generators() -> dict[str, Generator]:
    """The default generators that there are by now, by kind of device."""
    return dict(_defaults)


def seed_all(seed: int) -> None:
    """Start the generators of all devices from one seed."""
    for where in ("cpu", "cuda"):
        default_generator(where).manual_seed(seed)


kinds.define(
    "Generator", "torch.Generator", lambda value: value if type(value) is Generator else kinds.NO
)
