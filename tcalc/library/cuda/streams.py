"""Streams and events of a GPU; without one they cannot be made, as PyTorch's."""

from __future__ import annotations

from typing import Any

from tcalc.errors import ArgumentError, NoCudaError
from tcalc.runtime.arrays import cuda
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.op import Device
from tcalc.runtime.base.registry import export
from tcalc.runtime.call.define import composite
from tcalc.runtime.types import devices

MACHINE = {"samples": "tells of the machine"}


@export("torch.cuda.Stream", "torch.cuda.streams.Stream", home="torch.cuda")
class Stream:
    """Work of a GPU that is done in its own order, beside that of other streams."""

    __slots__ = ("_stream",)
    _public_ = frozenset(
        {"query", "record_event", "synchronize", "wait_event", "wait_stream"}
    )  # fmt: skip

    def __init__(self, device: Any = None, priority: int = 0) -> None:
        if not cuda.count():
            raise NoCudaError("torch.cuda.Stream requires CUDA support")
        index = cuda.number_of(None if device is None else devices.device(device))
        with cuda.module().cuda.Device(index):
            self._stream = cuda.module().cuda.Stream(non_blocking=True)

    def synchronize(self) -> None:
        """Wait until all its work is done."""
        effect("synchronize")
        self._stream.synchronize()

    def query(self) -> bool:
        """Whether all its work is done."""
        effect("query")
        return bool(self._stream.done)

    def wait_event(self, event: Event) -> None:
        """Let what follows wait for an event."""
        effect("wait_event")
        self._stream.wait_event(_event(event)._event)

    def wait_stream(self, stream: Stream) -> None:
        """Let what follows wait for what another stream has been given."""
        self.wait_event(_stream(stream).record_event())

    def record_event(self, event: Event | None = None) -> Event:
        """An event that is reached when the work so far is done."""
        made = Event() if event is None else _event(event)
        made.record(self)
        return made


@export("torch.cuda.Event", "torch.cuda.streams.Event", home="torch.cuda")
class Event:
    """A mark in a stream's work, which tells when it is reached.

    enable_timing: whether the time between two of them can be told.
    """

    __slots__ = ("_event",)
    _public_ = frozenset({"elapsed_time", "query", "record", "synchronize", "wait"})

    def __init__(
        self, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False,
        external: bool = False,
    ) -> None:  # fmt: skip
        if not cuda.count():
            raise NoCudaError("Tried to instantiate dummy base class Event: there is no GPU")
        self._event = cuda.module().cuda.Event(
            block=bool(blocking), disable_timing=not enable_timing
        )

    def record(self, stream: Stream | None = None) -> None:
        """Set the mark after what the stream has been given so far."""
        effect("record")
        self._event.record(None if stream is None else _stream(stream)._stream)

    def wait(self, stream: Stream | None = None) -> None:
        """Let what a stream is given from now on wait for the mark."""
        effect("wait")
        _current(stream).wait_event(self._event)

    def query(self) -> bool:
        """Whether the mark is reached."""
        effect("query")
        return bool(self._event.done)

    def elapsed_time(self, end_event: Event) -> float:
        """Milliseconds from this mark to another."""
        effect("elapsed_time")
        return float(cuda.module().cuda.get_elapsed_time(self._event, _event(end_event)._event))

    def synchronize(self) -> None:
        """Wait until the mark is reached."""
        effect("synchronize")
        self._event.synchronize()


def _event(value: Any) -> Event:
    if type(value) is not Event:
        raise ArgumentError(f"expected a torch.cuda.Event, not {type(value).__name__}")
    return value


def _stream(value: Any) -> Stream:
    if type(value) is not Stream:
        raise ArgumentError(f"expected a torch.cuda.Stream, not {type(value).__name__}")
    return value


def _current(stream: Stream | None) -> Any:
    return cuda.module().cuda.get_current_stream() if stream is None else _stream(stream)._stream


@composite(names=("torch.cuda.current_stream",), exempt=MACHINE)
def current_stream(device: Device | None = None) -> Stream:
    """The stream whose work is in order with that of every tensor."""
    index = cuda.number_of(device)
    with cuda.module().cuda.Device(index):
        return _shown(cuda.module().cuda.get_current_stream())


@composite(names=("torch.cuda.default_stream",), exempt=MACHINE)
def default_stream(device: Device | None = None) -> Stream:
    """The stream that a GPU works on where no other is chosen."""
    cuda.number_of(device)
    return _shown(cuda.module().cuda.Stream.null)


def _shown(stream: Any) -> Stream:
    made: Stream = object.__new__(Stream)
    made._stream = stream
    return made


@export("torch.cuda.stream", "torch.cuda.StreamContext", home="torch.cuda")
class stream:
    """`with cuda.stream(s):` the GPU's work goes to that stream; None changes nothing."""

    __slots__ = ("_given",)
    _public_: frozenset[str] = frozenset()

    def __init__(self, stream: Stream | None) -> None:
        self._given = None if stream is None else _stream(stream)

    def __enter__(self) -> None:
        if self._given is not None:
            effect("stream")
            self._given._stream.__enter__()

    def __exit__(self, *error: object) -> None:
        if self._given is not None:
            self._given._stream.__exit__(*error)
