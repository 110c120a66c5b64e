"""The state of modules: what `state_dict` gives and `load_state_dict` takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tcalc.errors import ArgumentError, StateError
from tcalc.library.nn.hooks import RemovableHandle, hooks_of, register
from tcalc.library.nn.members import (
    Members,
    parameters_of,
    saved_buffers_of,
    submodules,
)
from tcalc.library.nn.parameter import is_lazy
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.objects.containers import OrderedDict
from tcalc.runtime.objects.lists import List
from tcalc.runtime.tensor.tensor import Parameter, Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_EXTRA = "_extra_state"
# Where a module's metadata says that the tensors themselves are taken.
_ASSIGN = "assign_to_params_buffers"


class IncompatibleKeys(NamedTuple):
    """What load_state_dict says of names that are on one side only."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self[0]}, unexpected_keys={self[1]})"


IncompatibleKeys.__name__ = IncompatibleKeys.__qualname__ = "_IncompatibleKeys"
IncompatibleKeys.__module__ = "torch.nn.modules.module"
# A NamedTuple takes no attribute that begins with _ in its body.
IncompatibleKeys._whole_ = True  # type: ignore[attr-defined]  # a class takes any
IncompatibleKeys._public_ = frozenset(  # type: ignore[attr-defined]  # as above
    {"missing_keys", "unexpected_keys", "count", "index"}
)


class Stateful(Members):
    """A module whose parameters and buffers can be taken out by name, and put in."""

    _public_ = frozenset(
        {
            "_load_from_state_dict", "_register_load_state_dict_pre_hook",
            "_register_state_dict_hook", "_save_to_state_dict", "_version", "get_extra_state",
            "load_state_dict", "register_load_state_dict_post_hook",
            "register_load_state_dict_pre_hook", "register_state_dict_post_hook",
            "register_state_dict_pre_hook", "set_extra_state", "state_dict",
        }
    )  # fmt: skip

    _hidden_ = frozenset(
        {
            "_load_pre_hooks_with_module", "_load_state_dict_post_hooks",
            "_load_state_dict_pre_hooks", "_state_dict_hooks", "_state_dict_post_hooks",
            "_state_dict_pre_hooks",
        }
    )  # fmt: skip

    # Which form a class's state has; kept beside the state for a later form to tell.
    _version = 1

    def state_dict(
        self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> Any:
        """Parameters and persistent buffers by dotted name, sharing memory with the module.

        destination: a dict to put them into. prefix: what all names begin with. keep_vars: the
        tensors themselves, within the graph.

        >>> list(nn.Linear(2, 3).state_dict())
        ['weight', 'bias']
        """
        given = (destination, prefix, keep_vars)
        destination, prefix, keep_vars = (*args, *given[len(args) :])[:3]
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        _check_kinds(destination=(destination, dict), prefix=(prefix, str))
        return _save(self, destination, prefix, bool(keep_vars))

    def _save_to_state_dict(
        self, destination: dict[str, object], prefix: str, keep_vars: bool
    ) -> None:
        """Put the module's own parameters and buffers into a dict; a layer may add to it."""
        for name, tensor in (*parameters_of(self), *saved_buffers_of(self)):
            plain = keep_vars or is_lazy(tensor)
            destination[prefix + name] = tensor if plain else tensor.data
        if has_extra_state(self):
            destination[prefix + _EXTRA] = self.get_extra_state()

    def get_extra_state(self) -> object:
        """What else belongs to the state; a program's class may define it."""
        raise StateError(
            "Reached a code path in Module.get_extra_state() that should never be called."
        )

    def set_extra_state(self, state: object) -> None:
        """Take what `get_extra_state` gave."""
        raise StateError(
            "Reached a code path in Module.set_extra_state() that should never be called."
        )

    def load_state_dict(
        self, state_dict: Mapping[str, object], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Copy values into parameters and buffers of the same names and shapes.

        strict: names on one side only are an error. assign: take the tensors themselves rather than
        their values. Gives the names that were missing and those that have no place.

        >>> m = nn.Linear(1, 1)
        >>> m.load_state_dict({"weight": ones(1, 1), "bias": zeros(1)})
        <All keys matched successfully>
        """
        if not isinstance(state_dict, dict):
            raise ArgumentError(
                f"Expected state_dict to be dict-like, got <class '{type(state_dict).__name__}'>.",
                argument="state_dict",
            )
        given = OrderedDict(state_dict)
        for name in given:
            if type(name) is not str:
                raise ArgumentError(
                    f"the keys of a state_dict are text, not {type(name).__name__}",
                    argument="state_dict",
                )
        loading = _Loading(_metadata_of(state_dict), bool(strict), bool(assign))
        loading.load(self, given, "")
        keys = IncompatibleKeys(loading.missing, loading.unexpected)
        for module in self.modules():
            for _, hook in hooks_of(module, "_load_state_dict_post_hooks"):
                if hook(module, keys) is not None:
                    raise StateError(
                        "Hooks registered with ``register_load_state_dict_post_hook`` are not "
                        "expected to return new values, if incompatible_keys need to be modified, "
                        "it should be done inplace."
                    )
        loading.check(self)
        return keys

    def _load_from_state_dict(
        self,
        state_dict: dict[str, object],
        prefix: str,
        local_metadata: dict[str, object],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Take the module's own parameters and buffers out of a dict; a layer may do more."""
        _check_kinds(
            state_dict=(state_dict, dict), prefix=(prefix, str),
            local_metadata=(local_metadata, dict), missing_keys=(missing_keys, list),
            unexpected_keys=(unexpected_keys, list), error_msgs=(error_msgs, list),
        )  # fmt: skip
        arguments = (prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        for key, hook in hooks_of(self, "_load_state_dict_pre_hooks"):
            first = (
                () if key not in self.__dict__.get("_load_pre_hooks_with_module", ()) else (self,)
            )
            hook(*first, state_dict, *arguments)
        assign = bool(local_metadata.get(_ASSIGN, False))
        own = (*parameters_of(self), *saved_buffers_of(self))
        for name, tensor in own:
            key = prefix + name
            if key in state_dict:
                fault = _take(self, name, key, tensor, state_dict[key], assign)
                if fault is not None:
                    error_msgs.append(fault)
            elif strict:
                missing_keys.append(key)
        extra = prefix + _EXTRA
        if has_extra_state(self):
            if extra in state_dict:
                self.set_extra_state(state_dict[extra])
            elif strict:
                missing_keys.append(extra)
        elif strict and extra in state_dict:
            unexpected_keys.append(extra)
        if strict:
            unexpected_keys += _unexpected(self, state_dict, prefix, {n for n, _ in own})

    # -- hooks --------------------------------------------------------------------------------

    def register_state_dict_pre_hook(self, hook: Callable[..., object]) -> RemovableHandle:
        """Call `hook(module, prefix, keep_vars)` before the state is taken."""
        return register(self, "_state_dict_pre_hooks", hook)

    def register_state_dict_post_hook(self, hook: Callable[..., object]) -> RemovableHandle:
        """Call `hook(module, state_dict, prefix, local_metadata)` after the state was taken."""
        return register(self, "_state_dict_hooks", hook, marks=("_state_dict_post_hooks",))

    def _register_state_dict_hook(self, hook: Callable[..., object]) -> RemovableHandle:
        """The same; what it gives, if anything, is the state."""
        return register(self, "_state_dict_hooks", hook)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., object]) -> RemovableHandle:
        """Call a hook before the module's state is set.

        It is given the module, and what `_load_from_state_dict` is given.
        """
        return self._register_load_state_dict_pre_hook(hook, True)

    def _register_load_state_dict_pre_hook(
        self, hook: Callable[..., object], with_module: bool = False
    ) -> RemovableHandle:
        marks = ("_load_pre_hooks_with_module",) if with_module else ()
        return register(self, "_load_state_dict_pre_hooks", hook, marks=marks)

    def register_load_state_dict_post_hook(self, hook: Callable[..., object]) -> RemovableHandle:
        """Call `hook(module, incompatible_keys)` after the state was set."""
        return register(self, "_load_state_dict_post_hooks", hook)


def _check_kinds(**given: tuple[object, type]) -> None:
    """Refuse arguments that are not of the kind that stands beside them."""
    for name, (value, kind) in given.items():
        if not isinstance(value, kind):
            raise ArgumentError(
                f"argument '{name}' must be {kind.__name__}, not {type(value).__name__}",
                argument=name,
            )


def has_extra_state(module: Stateful) -> bool:
    """Whether a module's class defines what else its state is."""
    return type(module).get_extra_state is not Stateful.get_extra_state


def _metadata_of(state: object) -> dict[str, object]:
    """What stands beside a state that `state_dict` gave."""
    own = getattr(state, "__dict__", None) if type(state) is OrderedDict else None
    found = own.get("_metadata") if own else None
    return found if isinstance(found, dict) else {}


def _save(module: Stateful, destination: Any, prefix: str, keep_vars: bool) -> Any:
    for _, hook in hooks_of(module, "_state_dict_pre_hooks"):
        hook(module, prefix, keep_vars)
    local_metadata: dict[str, Any] = {"version": module._version}
    if type(destination) is OrderedDict and "_metadata" in destination.__dict__:
        destination.__dict__["_metadata"][prefix[:-1]] = local_metadata
    module._save_to_state_dict(destination, prefix, keep_vars)
    for name, child in submodules(module):
        child.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
    posts = module.__dict__.get("_state_dict_post_hooks", ())
    for key, hook in hooks_of(module, "_state_dict_hooks"):
        given = hook(module, destination, prefix, local_metadata)
        if given is not None:
            if key in posts:
                raise StateError("state_dict post-hook must return None")
            destination = given
    return destination


class _Loading:
    """One load: what was found on the way."""

    def __init__(self, metadata: dict[str, object], strict: bool, assign: bool) -> None:
        self.metadata = metadata
        self.strict = strict
        self.assign = assign
        self.missing: list[str] = List()
        self.unexpected: list[str] = List()
        self.errors: list[str] = List()

    def load(self, module: Stateful, state: dict[str, object], prefix: str) -> None:
        found = self.metadata.get(prefix[:-1])
        local: dict[str, Any] = dict(found) if isinstance(found, dict) else {}
        if self.assign:
            local[_ASSIGN] = True
        # As in PyTorch the names are gathered in any case, and are an error if strict.
        module._load_from_state_dict(
            state, prefix, local, True, self.missing, self.unexpected, self.errors
        )
        for name, child in submodules(module):
            below = f"{prefix}{name}."
            self.load(child, {k: v for k, v in state.items() if k.startswith(below)}, below)

    def check(self, module: Members) -> None:
        faults = []
        if self.strict:
            for names, what in ((self.missing, "Missing"), (self.unexpected, "Unexpected")):
                if names:
                    quoted = ", ".join([f'"{name}"' for name in names])
                    faults.append(f"{what} key(s) in state_dict: {quoted}. ")
        faults += self.errors
        if faults:
            text = "\n\t".join(
                [f"Error(s) in loading state_dict for {type(module).__name__}:", *faults]
            )
            raise StateError(text)


def _take(
    module: Members, name: str, key: str, tensor: Tensor, given: Any, assign: bool
) -> str | None:
    """Put a tensor of a state into its place, or tell why it does not fit."""
    if not isinstance(given, Tensor):
        return (
            f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like '
            f"object from checkpoint but received <class '{type(given).__name__}'>"
        )
    if is_lazy(tensor):
        if is_lazy(given):
            return None
        if not assign:
            tensor.materialize(given.shape)
    elif is_lazy(given):
        return f'the parameter named "{key}" of the state has no shape yet'
    else:
        if given.ndim == 1 and tensor.ndim == 0 and len(given) == 1:
            given = given[0]  # as PyTorch wrote numbers long ago
        if given.shape != tensor.shape:
            return (
                f"size mismatch for {key}: copying a param with shape {given.shape} from "
                f"checkpoint, the shape in current model is {tensor.shape}."
            )
    if not assign:
        with no_grad():
            tensor.copy_(given)
        return None
    if isinstance(tensor, Parameter) and not isinstance(given, Parameter):
        given = Parameter(given, tensor.requires_grad)
    elif isinstance(tensor, Parameter):
        given.requires_grad = tensor.requires_grad
    setattr(module, name, given)
    return None


def _unexpected(module: Members, state: Iterable[str], prefix: str, own: set[str]) -> list[str]:
    """The names of a state below a prefix for which a module has no place."""
    below = {name for name, _ in submodules(module)}
    found = []
    for key in state:
        if key.startswith(prefix) and key != prefix + _EXTRA:
            first, dot, _ = key[len(prefix) :].partition(".")
            if not (first in below if dot else first in own):
                found.append(key)
    return found
