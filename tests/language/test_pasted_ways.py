"""What pasted programs lean on: storages, classes of nodes, unbound super(), words of pickling."""

from __future__ import annotations

import pytest

from tcalc.session import Session


@pytest.fixture
def session() -> Session:
    made = Session()
    made.evaluate("x = torch.tensor([[4., 1.], [5., 3.]]); s = x.storage()")
    return made


def test_it_shows_the_numbers_as_pytorch_does(session: Session) -> None:
    assert session.evaluate("str(s)") == (
        " 4.0\n 1.0\n 5.0\n 3.0\n[torch.storage.TypedStorage(dtype=torch.float32, device=cpu) of size 4]"
    )
    assert session.evaluate("len(s), s.size(), s.nbytes(), s[-1], list(x[1].storage())") == (
        4, 4, 16, 3.0, [4.0, 1.0, 5.0, 3.0],
    )  # fmt: skip
    assert session.evaluate("x.t().storage().data_ptr() == s.data_ptr() == x.data_ptr()")
    assert session.evaluate("s.untyped().nbytes(), torch.is_storage(s), s.dtype is torch.float32") == (
        16, True, True,
    )  # fmt: skip


def test_what_is_written_to_it_stands_in_the_tensor(session: Session) -> None:
    session.evaluate("y = x.requires_grad_().exp(); z = y.sum(); s[1] = 7")
    assert session.evaluate("x.tolist()") == [[4.0, 7.0], [5.0, 3.0]]
    session.evaluate("y.storage()[0] = 1")
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        session.evaluate("z.backward()")
    assert session.evaluate("s.fill_(2.); x.tolist()") == [[2.0, 2.0], [2.0, 2.0]]


@pytest.mark.parametrize(("text", "kind"), [("s[4]", IndexError), ("s[-5] = 1", IndexError),
                                            ("s[0:2]", TypeError), ("s['a']", TypeError)])  # fmt: skip
def test_what_is_no_place_in_it(text: str, kind: type, session: Session) -> None:
    with pytest.raises(kind):
        session.evaluate(text)


def test_the_class_of_a_node_is_named_as_the_node_is(session: Session) -> None:
    session.evaluate(
        "x.requires_grad_(); y = (x * 2).relu().sum(); f = y.grad_fn; g = f.next_functions[0][0]"
    )
    assert session.evaluate("type(f).__name__, g.__class__.__name__, str(type(g))") == (
        "SumBackward0", "ReluBackward0", "<class 'ReluBackward0'>",
    )  # fmt: skip
    assert session.evaluate("isinstance(f, type(f)), isinstance(g, type(f)), type(x.sum().grad_fn) is type(f)") == (
        True, False, True,
    )  # fmt: skip


def test_an_unbound_super_begins_again(session: Session) -> None:
    session.evaluate("""
class Steps(torch.utils.data.IterableDataset):
    def __init__(self, n):
        super(Steps).__init__()
        self.n = n
    def __iter__(self): return iter(range(self.n))
""")
    assert session.evaluate("[int(b.sum()) for b in torch.utils.data.DataLoader(Steps(4), 2)]") == [
        1,
        5,
    ]


def test_a_histogram_has_a_hundred_bins_where_none_are_told(session: Session) -> None:
    assert session.evaluate("torch.histogram(x).hist.shape[0], torch.histogram(x, density=True).bin_edges[-1].item()") == (
        100, 5.0,
    )  # fmt: skip


def test_what_a_class_says_of_pickling_is_passed_by(session: Session) -> None:
    session.evaluate("""
class Steps:
    def __init__(self): self.n = 1
    def __getstate__(self): return {}
    def __setstate__(self, state): self.n = 9
import copy
""")
    assert session.evaluate("copy.deepcopy(Steps()).n, copy.copy(Steps()).n") == (1, 1)
    with pytest.raises(AttributeError):
        session.evaluate("Steps().__setstate__({})")
