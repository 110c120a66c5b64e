"""L-BFGS: steps by an approximation of the inverse Hessian from the last gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import ArgumentError, StateError, ValueProblem
from tcalc.library.optim.checks import check_lr, number, whole
from tcalc.library.optim.line_search import Point, strong_wolfe
from tcalc.library.optim.optimizer import Optimizer, loss_of
from tcalc.runtime.autograd.grad_mode import no_grad
from tcalc.runtime.base.registry import export
from tcalc.runtime.call.layouts import is_sparse
from tcalc.runtime.objects.lists import List
from tcalc.runtime.ops.create.constant import zeros_like
from tcalc.runtime.ops.elementwise.complex_numbers import view_as_real
from tcalc.runtime.ops.shape.joining import cat

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.library.optim.groups import Group, Params, State
    from tcalc.runtime.tensor.tensor import Tensor


@export("torch.optim.LBFGS", "torch.optim.lbfgs.LBFGS", home="torch.optim.lbfgs")
class LBFGS(Optimizer):
    """Limited-memory BFGS: each step makes up to max_iter moves, and calls a closure for the loss of
    each.

    One group of parameters. line_search_fn: None moves by lr, "strong_wolfe" looks for the size of
    each move. State, of the first parameter: the last directions and gradients.

    >>> w = tensor([1., 2.], requires_grad=True)
    >>> o = optim.LBFGS([w], line_search_fn='strong_wolfe')
    >>> def closure():
    ...     o.zero_grad()
    ...     loss = ((w - 3) ** 2).sum()
    ...     loss.backward()
    ...     return loss
    >>> o.step(closure)
    tensor(5., grad_fn=<SumBackward0>)
    >>> w
    tensor([3.0000, 3.0000], requires_grad=True)
    """

    def __init__(
        self, params: Params, lr: float | Tensor = 1, max_iter: int = 20,
        max_eval: int | None = None, tolerance_grad: float = 1e-7, tolerance_change: float = 1e-9,
        history_size: int = 100, line_search_fn: str | None = None,
    ) -> None:  # fmt: skip
        check_lr(lr)
        if max_eval is None:
            max_eval = whole("max_iter", max_iter) * 5 // 4
        super().__init__(params, {
            "lr": lr, "max_iter": max_iter, "max_eval": max_eval, "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change, "history_size": history_size,
            "line_search_fn": line_search_fn,
        })  # fmt: skip
        if len(self.param_groups) != 1:
            raise ValueProblem("LBFGS doesn't support per-parameter options (parameter groups)")

    def step(self, closure: Callable[[], object] | None = None) -> object:
        """Make up to max_iter moves; gives the loss before them. closure: computes it anew, and its
        gradients."""
        if not callable(closure):
            raise ArgumentError(
                "LBFGS.step() takes a closure that computes the loss and its gradients anew",
                argument="closure",
            )
        groups = self._groups()
        if len(groups) != 1 or not groups[0]["params"]:
            raise StateError("LBFGS works on one group of parameters")
        params = groups[0]["params"]
        with no_grad():
            state = self.state[params[0]]
            search = _Search(params, groups[0], closure, state)
            return search.run()


class _Search:
    """One step: moves from where the parameters are, with what is remembered in `state`."""

    def __init__(
        self, params: list[Tensor], group: Group, closure: Callable[[], object],
        state: State,
    ) -> None:  # fmt: skip
        self.params = params
        self.closure = closure
        self.state = state
        self.lr = group["lr"]
        self.most = whole("max_iter", group["max_iter"])
        self.most_calls = whole("max_eval", group["max_eval"])
        self.flat_enough = number("tolerance_grad", group["tolerance_grad"])
        self.little = number("tolerance_change", group["tolerance_change"])
        self.remembered = whole("history_size", group["history_size"])
        self.how = group["line_search_fn"]
        if self.how not in (None, "strong_wolfe"):
            raise StateError("only 'strong_wolfe' is supported", argument="line_search_fn")

    # -- parameters ----------------------------------------------------------------------------

    def gradient(self) -> Tensor:
        """The gradients of all parameters in one vector."""
        parts = []
        for p in self.params:
            g = zeros_like(p) if p.grad is None else p.grad
            g = g.to_dense() if is_sparse(g) else g
            parts.append((view_as_real(g) if g.is_complex() else g).reshape(-1))
        return cat(parts, 0)

    def move(self, t: float | Tensor, d: Tensor) -> None:
        """Move all parameters by a multiple of a vector."""
        at = 0
        for p in self.params:
            shown = view_as_real(p) if p.is_complex() else p
            n = shown.numel()
            shown.add_(d[at : at + n].reshape(shown.shape), alpha=t)
            at += n

    def evaluate(self) -> tuple[float, Tensor]:
        """The loss where the parameters are, and the gradient."""
        return float(loss_of(self.closure)), self.gradient()

    # -- moves ---------------------------------------------------------------------------------

    def run(self) -> object:
        """Make the moves; gives the loss before them."""
        state = self.state
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        first = loss_of(self.closure)
        loss, g = float(first), self.gradient()
        calls = 1
        state["func_evals"] += 1
        if self._is_flat(g):
            return first
        for turn in range(1, self.most + 1):
            state["n_iter"] += 1
            begun = state["n_iter"] > 1
            d = self._direction(g) if begun else self._begin(g)
            state["prev_flat_grad"] = g.clone()
            before = state["prev_loss"] = loss
            t = self.lr if begun else min(1.0, 1.0 / g.abs().sum()) * self.lr
            state["d"], state["t"] = d, t
            slope = g.dot(d)
            if slope > -self.little:
                break
            if self.how is None:
                self.move(t, d)
                if turn == self.most:
                    break
                loss, g = self.evaluate()
                made = 1
            else:
                start = Point(0, loss, g, slope)
                found, made = self._look(start, t, d, self.most_calls - calls)
                loss, g, t = found.f, found.g, found.t
                state["t"] = t
                self.move(t, d)
            calls += made
            state["func_evals"] += made
            if turn == self.most or calls >= self.most_calls or self._is_flat(g):
                break
            if (d * t).abs().max() <= self.little or abs(loss - before) < self.little:
                break
        return first

    def _is_flat(self, g: Tensor) -> bool:
        return bool(g.abs().max() <= self.flat_enough)

    def _look(self, start: Point, t: float | Tensor, d: Tensor, most: int) -> tuple[Point, int]:
        """Look for the size of a move; the parameters are left where they were."""
        where = [p.clone() for p in self.params]

        def at(t: float | Tensor) -> Point:
            self.move(t, d)
            loss, g = self.evaluate()
            for p, value in zip(self.params, where):
                p.copy_(value)
            return Point(t, loss, g, g.dot(d))

        return strong_wolfe(at, start, t, d.abs().max(), self.little, most)

    def _begin(self, g: Tensor) -> Tensor:
        self.state.update(old_dirs=List(), old_stps=List(), ro=List(), H_diag=1)
        return g.neg()

    def _direction(self, g: Tensor) -> Tensor:
        """The gradient times an approximation of the inverse Hessian (Nocedal and Wright, 7.4)."""
        state = self.state
        changes, moves, weights = state["old_dirs"], state["old_stps"], state["ro"]
        y, s = g - state["prev_flat_grad"], state["d"] * state["t"]
        ys = y.dot(s)
        if ys > 1e-10:
            if len(changes) == self.remembered:
                for kept in (changes, moves, weights):
                    kept.pop(0)
            changes.append(y)
            moves.append(s)
            weights.append(1.0 / ys)
            state["H_diag"] = ys / y.dot(y)
        shares = state.setdefault("al", List([None] * self.remembered))
        q = g.neg()
        for i in range(len(changes) - 1, -1, -1):
            shares[i] = moves[i].dot(q) * weights[i]
            q.add_(changes[i], alpha=-shares[i])
        d: Tensor = q * state["H_diag"]
        for i in range(len(changes)):
            d.add_(moves[i], alpha=shares[i] - changes[i].dot(d) * weights[i])
        return d
