"""torch.utils.data: what recorded answers do not show (tests/recorded/cases/data.txt)."""

from __future__ import annotations

import doctest
from typing import Any

import pytest

from tcalc.display import plain
from tcalc.errors import LimitError, StateError
from tcalc.runtime.base import registry
from tcalc.session import Session
from tcalc.source import Source

NAMES = [f"torch.utils.data.{name}" for name in registry.names("torch.utils.data")]
PUBLIC = [name for name in NAMES if name in registry.NAMES]
SETUP = """
from torch.utils.data import *
X, y = arange(12.).reshape(6, 2), arange(6)
class Rows(Dataset):
    def __len__(self): return 6
    def __getitem__(self, i): return X[i], y[i]
"""


@pytest.fixture
def run() -> Any:
    session = Session()
    session.evaluate(SETUP)
    return session.evaluate


@pytest.mark.parametrize("name", PUBLIC)
def test_examples(name: str) -> None:
    found = registry.lookup(name)
    assert found.__doc__
    shown: list[str] = []
    session = Session(write=shown.append)
    for example in doctest.DocTestParser().get_examples(found.__doc__):
        shown.clear()
        session.run(Source(example.source), lambda value, _: shown.append(plain.text(value)))
        got = [line.strip() for line in "\n".join(shown).splitlines() if line.strip()]
        assert got == [line.strip() for line in example.want.splitlines()], example.source


@pytest.mark.parametrize(
    "data",
    [
        "X, y",
        "X.T.reshape(6, 2), y",
        "X[:, 1:], y[::1]",
        "X.half(), X.bfloat16(), X > 3, X.to(torch.complex64)",
        "X.expand(3, 6, 2).transpose(0, 1), y",
        "zeros(6, 0)",
        "y.requires_grad_(False), X.clone().requires_grad_()",
    ],
)
def test_rows_taken_at_once_are_the_samples_one_by_one(run: Any, data: str) -> None:
    run(f"""
class Slow(TensorDataset):
    def __getitem__(self, i): return super().__getitem__(i)
quick, slow = TensorDataset({data}), Slow({data})
order = [[5, 0, 3], [2], [1, 1, 4, 0]]
""")
    for option in ("batch_sampler=order", "batch_size=4", "batch_size=4, drop_last=True"):
        same = run(f"""
a, b = list(DataLoader(quick, {option})), list(DataLoader(slow, {option}))
len(a) == len(b) and all(
    type(p) is type(q) and all(equal(s, t) and s.dtype == t.dtype and s.stride() == t.stride()
    and s.requires_grad == t.requires_grad for s, t in zip(p, q)) for p, q in zip(a, b))
""")
        assert same is True


def test_a_batch_shares_no_memory_with_the_data(run: Any) -> None:
    run("for a, b in DataLoader(TensorDataset(X, y), batch_size=6): a.zero_()")
    assert run("X.sum().item()") == 66.0


def test_workers_give_the_batches_of_none(run: Any) -> None:
    batches = "[b for b in DataLoader(Rows(), batch_size=4, shuffle=True, num_workers={})]"
    for workers in (1, 2, 7):
        run(f"manual_seed(1); a = {batches.format(0)}")
        run(f"manual_seed(1); b = {batches.format(workers)}")
        assert run("all(equal(s, t) for p, q in zip(a, b) for s, t in zip(p, q))") is True


def test_batches_that_threads_gather_are_the_same(run: Any) -> None:
    run("""
whole = TensorDataset(randn(100, 3), arange(100))
some = Subset(whole, list(range(0, 100, 3)))
""")
    for data in ("whole", "some"):
        for workers in (1, 3):
            loader = f"DataLoader({data}, batch_size=7, shuffle=True, num_workers={{}})"
            run(f"manual_seed(1); a = list({loader.format(0)})")
            run(f"manual_seed(1); b = list({loader.format(workers)})")
            assert run("all(equal(s, t) for p, q in zip(a, b) for s, t in zip(p, q))") is True


def test_what_is_written_while_threads_gather_is_seen(run: Any) -> None:
    run("""
it = iter(DataLoader(TensorDataset(X), batch_size=2, num_workers=2))
first = next(it)[0]
X.zero_()
rest = [b[0].sum().item() for b in it]
""")
    assert run("first.sum().item(), rest") == (6.0, [0.0, 0.0])


def test_a_loader_that_is_left_early_leaves_nothing_waiting(run: Any) -> None:
    import gc

    run("for _ in range(20): next(iter(DataLoader(TensorDataset(X), num_workers=3)))")
    run("list(DataLoader(TensorDataset(X), num_workers=1))")
    assert gc.isenabled()


def test_after_an_error_in_a_worker_the_shared_generator_is_back(run: Any) -> None:
    run("""
class Fails(Rows):
    def __getitem__(self, i): raise KeyError(rand(1).item())
manual_seed(0)
it = iter(DataLoader(Fails(), num_workers=1))
before = get_rng_state()
""")
    with pytest.raises(KeyError):
        run("next(it)")
    assert run("equal(before, get_rng_state())") is True
    assert run("torch.utils.data.get_worker_info()") is None


def test_loaders_in_loaders(run: Any) -> None:
    run("""
class Nested(IterableDataset):
    def __iter__(self):
        for a, b in DataLoader(Rows(), batch_size=3, num_workers=2):
            yield get_worker_info().num_workers, b.sum()
""")
    assert run("[int(n) for n, s in DataLoader(Nested(), num_workers=1)]") == [1, 1]


def test_an_empty_part_is_warned_of(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    run("random_split(Subset(Rows(), [0]), [0.5, 0.5])")
    assert "UserWarning: Length of split at index 1 is 0" in capsys.readouterr().err


def test_iterators_are_called_as_pytorchs(run: Any) -> None:
    shown = [run(f"str(iter(DataLoader(Rows(), num_workers={n})))") for n in (0, 1)]
    assert shown == [
        f"<torch.utils.data.dataloader._{kind}DataLoaderIter object>"
        for kind in ("SingleProcess", "MultiProcessing")
    ]


def test_a_slow_worker_times_out(run: Any) -> None:
    run("""
import time
class Slow(Rows):
    def __getitem__(self, i): time.sleep(0.001); return i
""")
    with pytest.raises(StateError, match="DataLoader timed out after 1e-06 seconds"):
        run("list(DataLoader(Slow(), num_workers=1, timeout=1e-6))")


def test_more_workers_than_memory_are_refused(run: Any) -> None:
    with pytest.raises(LimitError):
        run("iter(DataLoader(Rows(), num_workers=10**12))")


def test_an_endless_batch_size_takes_no_memory(run: Any) -> None:
    run("""
class Up(IterableDataset):
    def __iter__(self): return iter(range(3))
""")
    assert run("len(next(iter(DataLoader(Up(), batch_size=10**15))))") == 3


def test_a_plan_makes_no_batch_its_own(run: Any) -> None:
    run("""
loader = DataLoader(TensorDataset(y), batch_size=6, shuffle=True)
@jit
def first(x):
    return x + next(iter(loader))[0]
manual_seed(0)
a = [first(zeros(6)) for _ in range(4)]
""")
    assert run("any(not equal(a[0], b) for b in a[1:])") is True


def test_a_program_may_use_any_private_name(run: Any) -> None:
    assert run("""
class Own(Dataset):
    def __init__(self): self._rows, self._data, self._batch, self.samples = 1, 2, 3, 4
    def __len__(self): return 1
    def __getitem__(self, i): return self._rows + self._data + self._batch + self.samples
class OwnLoader(DataLoader):
    def __init__(self, *a): super().__init__(*a); self._indices, self._fetch = 1, 2
[b.item() for b in OwnLoader(Own())]
""") == [10]


@pytest.mark.parametrize(
    "meddled",
    [
        "DataLoader(Meddled(X, y), batch_size=2)",
        "DataLoader(Subset(TensorDataset(X), [1, 'a', None]), batch_size=2)",
        "DataLoader(Subset(TensorDataset(X), 5), batch_size=2)",
        "DataLoader(TensorDataset(X), batch_sampler=[[]])",
        "DataLoader(TensorDataset(X), batch_sampler=[5])",
        "DataLoader(TensorDataset(X), sampler=['a'])",
        "DataLoader(Rows(), collate_fn=5)",
        "DataLoader(Rows(), num_workers=1, worker_init_fn=5)",
        "DataLoader(Rows(), generator=5)",
        "DataLoader(5)",
        "changed(DataLoader(Rows(), num_workers=2), num_workers='a')",
        "changed(DataLoader(Rows(), num_workers=2), prefetch_factor=0.5)",
        "changed(DataLoader(Rows(), num_workers=2, persistent_workers=True), _iterator=5)",
        "changed(TensorDataset(X), tensors=5)",
        "changed(TensorDataset(X), tensors=(5, 'a'))",
        "changed(StackDataset(X), datasets={})",
        "changed(ConcatDataset([X]), cumulative_sizes=['a'])",
        "changed(RandomSampler(X), data_source=5)",
        "changed(RandomSampler(X), generator=5)",
        "changed(DistributedSampler(X, 2, 1), num_replicas=0, total_size=10**12)",
    ],
)
def test_what_programs_break_is_their_error(run: Any, meddled: str) -> None:
    """Nothing that a program put in place of what it was lent becomes an error of tcalc itself."""
    from tcalc.diagnosis.diagnostics import diagnose

    run("""
class Meddled(TensorDataset):
    def __init__(self, *tensors): pass
def changed(value, **attributes):
    for name, new in attributes.items():
        if not name.startswith('_'): setattr(value, name, new)
    return DataLoader(value, batch_size=2) if isinstance(value, Dataset) else value
""")
    try:
        run(f"list({meddled})")
    except Exception as error:  # any of ours will do
        assert diagnose(error).kind != "InternalError"
