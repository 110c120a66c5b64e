"""A program while it is made: its lines, and what is known of its variables."""

from __future__ import annotations

from collections.abc import Callable

from tests.programs.model import RANK, Chain, Draw, Shape, Var, broadcast, size

# Few sizes, so that what is there fits together often.
SHAPES: tuple[Shape, ...] = (
    (3,), (4,), (6,), (2, 3), (3, 2), (3, 3), (2, 2), (2, 4), (4, 3), (1, 3), (3, 1), (), (), (1,),
    (2, 3, 2), (2, 1, 3), (3, 2, 2),
)  # fmt: skip
FLOATS = ("float32",) * 6 + ("float64",) * 3 + ("float16", "bfloat16")
OTHERS = ("int64",) * 5 + ("bool",) * 4 + ("int32", "int16", "int8", "uint8") + ("complex64",) * 3
DTYPES = FLOATS * 2 + OTHERS + ("complex128",)
NO_GRAD = "with torch.no_grad(): "


class Program:
    """Lines, and the variables that they bind."""

    def __init__(self, seed: int) -> None:
        self.draw = Draw(seed)
        self.lines: list[str] = []
        self.vars: list[Var] = []
        self._count = 0

    def add(self, line: str) -> bool:
        self.lines.append(line)
        return True

    def name(self) -> str:
        self._count += 1
        return f"v{self._count - 1}"

    def bind(self, text: str, shape: Shape | None, dtype: str, *of: Var) -> Var:
        """A line that computes something new of some variables."""
        roots = {r for x in of if x.grad for r in x.chain.roots}
        chain = Chain(bool(roots) and RANK[dtype] >= 2, not roots, roots)
        made = Var(self.name(), shape, dtype, chain)
        self.vars.append(made)
        self.add(f"{made.name} = {text}")
        return made

    def again(self, text: str, of: Var) -> bool:
        """A line that binds the same tensor under another name."""
        made = self.bind(text, of.shape, of.dtype)
        made.chain, made.is_view = of.chain, of.is_view
        made.overlaps, made.blind = of.overlaps, of.blind
        return True

    def view(self, text: str, shape: Shape, of: Var, overlaps: bool = False) -> bool:
        """A line that binds a view; some are made where nothing is recorded."""
        blind = self.draw.chance(0.06)
        made = Var(self.name(), shape, of.dtype, of.chain, True, of.overlaps or overlaps)
        made.blind = of.blind or blind
        self.vars.append(made)
        return self.add(f"{NO_GRAD if blind else ''}{made.name} = {text}")

    def some(self, good: Callable[[Var], object] = lambda v: True) -> Var | None:
        """One of the variables of which something holds, rather a late one."""
        found = [v for v in self.vars if good(v)]
        if not found:
            return None
        return self.draw.of(found[-5:] if self.draw.chance(0.6) else found)

    def fitting(self, shape: Shape, rank: int = 3, dtype: str = "") -> Var | None:
        """A variable that broadcasts to a shape, of a category up to one, or of one dtype."""
        return self.some(
            lambda v: (
                v.shape is not None
                and broadcast(v.shape, shape) == shape
                and (v.dtype == dtype if dtype else v.rank <= rank)
            )
        )

    def number(self, rank: int) -> str:
        """A Python number of a category up to one."""
        if rank == 0:
            return self.draw.of(("True", "False"))
        if rank >= 2 and self.draw.chance(0.7):
            return self.draw.of(("0.5", "-1.5", "2.0", "0.25", "-0.75", "3.0"))
        if rank == 3 and self.draw.chance(0.4):
            return self.draw.of(("1j", "(1+2j)", "-0.5j"))
        return self.draw.of(("2", "-1", "3", "1", "0", "True"))

    def literal(self, shape: Shape, dtype: str) -> str:
        """Nested lists of values of a dtype."""
        if not shape:
            return self.element(dtype)
        return f"[{', '.join(self.literal(shape[1:], dtype) for _ in range(shape[0]))}]"

    def element(self, dtype: str) -> str:
        rank, draw = RANK[dtype], self.draw
        if rank == 0:
            return draw.of(("True", "False"))
        if rank == 1:
            return str(draw.between(0 if dtype == "uint8" else -4, 5))
        real = draw.between(-12, 12) / 4 + 0.125
        return str(real) if rank == 2 else f"{complex(real, draw.between(-8, 8) / 4)}"

    def tensor(self, shape: Shape, dtype: str, more: str = "") -> str:
        """A call that makes a tensor of given values."""
        usual = {"bool": "", "int64": "", "float32": "", "complex64": ""}
        kind = usual.get(dtype, f", dtype=torch.{dtype}")
        if not size(shape):
            kind = f", dtype=torch.{dtype}"
        return f"torch.tensor({self.literal(shape, dtype)}{kind}{more})"

    def literal_index(self, shape: Shape, count: int) -> str:
        """A call that makes indices into the first dim, for each place of the others."""
        rows = [self.below_all(shape[0], shape[1:]) for _ in range(count)]
        return f"torch.tensor([{', '.join(rows)}])"

    def below_all(self, below: int, shape: Shape) -> str:
        if not shape:
            return str(self.draw.below(below))
        return f"[{', '.join(self.below_all(below, shape[1:]) for _ in range(shape[0]))}]"

    def indices(self, count: int, below: int, distinct: bool = False) -> str:
        """A call that makes a tensor of indices."""
        if distinct:
            taken = self.draw.distinct(count, below)
        else:
            taken = [self.draw.below(below) for _ in range(count)]
        return f"torch.tensor({taken})"
