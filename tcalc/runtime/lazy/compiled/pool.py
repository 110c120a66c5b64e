"""Threads that share the parts of a job of compiled code, none of which asks for the interpreter.

To wake a thread takes as long as compiled code has for a megabyte. So a worker looks for the next job for
some tens of microseconds before it sleeps; at once where it was held up, since others want its core.
All of it is machine code that an installation has: where it has none, jobs are shared as others are
(see `threads`).

The words of the control block, each with its neighbours in memory of its own (a line of the cache):
whether someone leads a job; the number of the job that is open, or 0; how many workers are inside; the
next part; the bell that sleepers hear, and how many sleep; the number of the last job, where it lies, when
it ended, and how many came one soon after the other.
A worker that goes in looks again whether the job is open, and a leader who has closed it looks who is
inside: so nobody is left in a job that is over.
"""

from __future__ import annotations

import ctypes
import os
from _thread import allocate_lock, start_new_thread
from array import array
from typing import TYPE_CHECKING

from tcalc.runtime.base import threads
from tcalc.runtime.lazy.compiled import library
from tcalc.runtime.lazy.compiled.scalars import Function, N
from tcalc.runtime.lazy.compiled.ufuncs import sharing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# A function is given no more numbers than this.
MOST = 64
# From so much work (elements times steps) on threads share it: with workers that look for it, and where
# they have to be woken. Each part has at least so much.
SHARED, WOKEN, PART = 1 << 18, 1 << 21, 1 << 16
# How long a worker looks for a job, in ticks of the processor's clock (of 2 to 4 GHz), and what time
# between two looks tells that it was held up.
_LOOKING, _HELD_UP = 120_000, 60_000
# A thread has about so many parts of a job: one that is held up leaves them to others. Each has some units
# of elements: no two threads write to one line of the cache.
PARTS, UNIT = 4, 64
# Sleepers are woken for a long job; for a short one where so many came before, each soon after the other.
_SOON, _SEVERAL = 60_000, 4
# A job is long from so many times as much on as is shared at all.
_MUCH = 8
# How often a leader looks for the last worker before it lets others run.
_LOOKS = 2000
# The words of a line of the cache, and into how many ranges parts are divided at most: each thread begins with
# its own, so that it finds in its cache what it had there before.
_LINE, _RANGES = 8, 16
_WORDS = 64 + _LINE * _RANGES
# Linux's system calls of x86-64, and what is asked of `futex`.
_YIELD, _FUTEX, _WAIT, _WAKE = 24, 202, 128, 129
_LEAD, _WORK = "lead", "work"


# What threads read, for good.
_read: list[object] = []


class _Pool:
    """The functions, the control block, and how many workers there are."""

    def __init__(self) -> None:
        lead, work = library.address(_LEAD), library.address(_WORK)
        self.lead: Callable[[int], None] | None = None
        if lead and work:
            kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
            self.lead, self._work = kind(lead), kind(work)
        memory = ctypes.create_string_buffer(8 * (_WORDS + 8))
        start = ctypes.addressof(memory)
        self.control = start + -start % 64
        _read.append(memory)
        self._workers = 0
        self._lock = allocate_lock()

    def start(self, wanted: int) -> None:
        """Have so many workers."""
        with self._lock:
            while self._workers < wanted:
                self._workers += 1
                given = array("q", [self.control, _LOOKING, _HELD_UP, self._workers % _RANGES])
                _read.append(given)
                start_new_thread(self._work, (given.buffer_info()[0],))

    @property
    def workers(self) -> int:
        """How many there are."""
        return self._workers


_pool: _Pool | None = None


def helpers() -> int:
    """How many workers may take part in a job now: 0 where there can be none."""
    global _pool
    wanted = threads.number() - 1
    if wanted < 1:
        sharing[1] = 0
        return 0
    pool = _pool
    if pool is None:
        pool = _pool = _Pool()
    if pool.lead is None:
        return 0
    if pool.workers < wanted:
        pool.start(wanted)
    sharing[:] = [pool.control, wanted]
    return wanted


threads.followers.append(helpers)


def spread(
    function: int, numbers: Sequence[int], steps: Sequence[int], place: int, each: int, total: int,
    workers: int, rings: bool,
) -> None:  # fmt: skip
    """Call a function for each part of a job, from several threads; returns when all are done.

    function: its address; it takes the address of a block of numbers. numbers: those of the first part;
    steps: what is added to them from part to part. The one at `place` tells how much a part is: `each`,
    and in the last what is left of `total`. workers: as `helpers` tells. rings: whether that is
    worth waking those who sleep.
    """
    pool = _pool
    assert pool is not None  # where `helpers` told of some
    given = array(
        "q", [pool.control, function, len(numbers), place, each, total, -(-total // each)]
    )
    given.extend((workers, rings))
    given.extend(numbers)
    given.extend(steps)
    pool.lead(given.buffer_info()[0])  # type: ignore[misc]  # there is one, likewise


def _after_fork() -> None:
    """A child has none of the threads."""
    global _pool
    _pool = None
    sharing[1] = 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


# -- machine code ---------------------------------------------------------------------------------

_SYSTEM_CALL = (
    'asm sideeffect "syscall", "={rax},{rax},{rdi},{rsi},{rdx},{r10},~{rcx},~{r11},~{memory}"'
)
# Words of what a leader is given behind the control block: a job.
_FUNCTION, _COUNT, _PLACE, _EACH, _TOTAL, _PARTS, _HELPERS, _RINGS, _NUMBERS = range(9)
# How many words lie before the numbers, with that block's address.
HEAD = 1 + _NUMBERS
# Where the words of the control block are, in bytes.
_OPEN, _INSIDE, _NEXT, _BELL, _ASLEEP, _LAST, _JOB, _ENDED, _ROW = (
    64, 128, 512, 256, 264, 320, 328, 336, 344,
)  # fmt: skip


def text() -> str:
    """The text of the functions, without the module around them."""
    return "\n".join([
        "declare void @llvm.x86.sse2.pause()", "declare i64 @llvm.readcyclecounter()",
        "declare i64 @llvm.umin.i64(i64, i64)",
        _take(), *_lead(), *_share(), *_work(), "",
    ])  # fmt: skip


def names() -> tuple[str, str]:
    """Those that are asked for."""
    return _LEAD, _WORK


def _word(name: str, place: int, of: str = "%job") -> list[str]:
    return [
        f"  %{name}.at = getelementptr i64, ptr {of}, i64 {place}",
        f"  %{name} = load i64, ptr %{name}.at, align 8",
    ]


def _control(**places: int) -> list[str]:
    return [f"  %{name} = getelementptr i8, ptr %control, i64 {at}" for name, at in places.items()]


def _futex(name: str, what: int, value: str) -> str:
    return f"  %{name} = call i64 {_SYSTEM_CALL}(i64 {_FUTEX}, ptr %bell, i64 {what}, i64 {value}, i64 0)"


def _take() -> str:
    """Do parts until none is left: those of a thread's own range, then what others have left of theirs.
    next: of each range how many were taken, in lines of the cache of their own."""
    f = Function("take", [("job", "ptr"), ("next", "ptr"), ("own", "i64"), ("ranges", "i64")])
    block = f.room("i64", MOST)
    function = f.load("ptr", f.job, _FUNCTION)
    count, place, each, total, parts = (
        f.load("i64", f.job, at) for at in (_COUNT, _PLACE, _EACH, _TOTAL, _PARTS)
    )
    numbers = f.at(f.job, "i64", _NUMBERS)
    steps = f.at(numbers, "i64", count)
    with f.loop(f.ranges) as j:
        range_ = f.op("urem", f.own + j, f.ranges)
        begin = parts * range_ // f.ranges
        here = parts * (range_ + 1) // f.ranges - begin
        taken = f.at(f.next, "i64", range_ * _LINE)
        with f.forever():
            mine = N(f, f.line(f"atomicrmw add ptr {taken.name}, i64 1 seq_cst"), "i64")
            with f.when(mine >= here):
                f.leave()
            i = begin + mine
            with f.loop(count) as k:
                f.store(f.load("i64", numbers, k) + f.load("i64", steps, k) * i, block, k)
            left = total - i * each
            f.store(f.choose(left < each, left, each), block, place)
            f.call(function, block)
    f.give()
    return f.text()


def _lead() -> list[str]:
    """Open a job, take part, close it, and wait for those who are inside. Where another thread leads
    one, do all of it."""
    return [
        f"define void @loop_{_LEAD}(ptr %given) nounwind {{",
        "entry:",
        "  %own = alloca i64, align 8",
        "  %control = load ptr, ptr %given, align 8",
        "  %job = getelementptr i64, ptr %given, i64 1",
        *_control(open=_OPEN, inside=_INSIDE, next=_NEXT, bell=_BELL, asleep=_ASLEEP, last=_LAST),
        *_control(slot=_JOB, ended=_ENDED, row=_ROW),
        "  %claim = cmpxchg ptr %control, i64 0, i64 1 seq_cst seq_cst",
        "  %leads = extractvalue { i64, i1 } %claim, 1",
        "  br i1 %leads, label %begin, label %alone",
        "alone:",
        "  store i64 0, ptr %own, align 8",
        "  call void @take(ptr %job, ptr %own, i64 0, i64 1)",
        "  ret void",
        "begin:",
        "  store ptr %job, ptr %slot, align 8",
        *_word("helpers", _HELPERS),
        "  %threads = add i64 %helpers, 1",
        f"  %ranges = call i64 @llvm.umin.i64(i64 %threads, i64 {_RANGES})",
        "  br label %none.taken",
        "none.taken:",
        "  %r = phi i64 [ 0, %begin ], [ %r.next, %none.taken ]",
        f"  %r.far = mul i64 %r, {_LINE}",
        "  %r.at = getelementptr i64, ptr %next, i64 %r.far",
        "  store atomic i64 0, ptr %r.at seq_cst, align 8",
        "  %r.next = add i64 %r, 1",
        "  %r.more = icmp ult i64 %r.next, %ranges",
        "  br i1 %r.more, label %none.taken, label %opened",
        "opened:",
        "  %before = load i64, ptr %last, align 8",
        "  %number = add i64 %before, 1",
        "  store i64 %number, ptr %last, align 8",
        "  store atomic i64 %number, ptr %open seq_cst, align 8",
        "  %sleepers = load atomic i64, ptr %asleep seq_cst, align 8",
        "  %none = icmp eq i64 %sleepers, 0",
        "  %now = call i64 @llvm.readcyclecounter()",
        "  %then = load i64, ptr %ended, align 8",
        "  %gap = sub i64 %now, %then",
        f"  %is.soon = icmp ult i64 %gap, {_SOON}",
        "  %row.before = load i64, ptr %row, align 8",
        "  %row.more = add i64 %row.before, 1",
        "  %row.now = select i1 %is.soon, i64 %row.more, i64 0",
        "  store i64 %row.now, ptr %row, align 8",
        *_word("rings", _RINGS),
        f"  %is.row = icmp uge i64 %row.now, {_SEVERAL}",
        "  %is.long = icmp ne i64 %rings, 0",
        "  %is.worth = or i1 %is.row, %is.long",
        "  %no.ring = xor i1 %is.worth, true",
        "  %lets.sleep = or i1 %none, %no.ring",
        "  br i1 %lets.sleep, label %go, label %ring",
        "ring:",
        "  %rung = atomicrmw add ptr %bell, i32 1 seq_cst",
        _futex("woken", _WAKE, "%helpers"),
        "  br label %go",
        "go:",
        "  call void @take(ptr %job, ptr %next, i64 0, i64 %ranges)",
        "  store atomic i64 0, ptr %open seq_cst, align 8",
        "  br label %settle",
        "settle:",
        "  %looks = phi i64 [ 0, %go ], [ %looks.next, %wait ], [ 0, %yield ]",
        "  %there = load atomic i64, ptr %inside seq_cst, align 8",
        "  %alone.now = icmp eq i64 %there, 0",
        "  br i1 %alone.now, label %leave, label %stay",
        "stay:",
        f"  %waits.long = icmp ugt i64 %looks, {_LOOKS}",
        "  br i1 %waits.long, label %yield, label %wait",
        "wait:",
        "  call void @llvm.x86.sse2.pause()",
        "  %looks.next = add i64 %looks, 1",
        "  br label %settle",
        "yield:",
        f"  %let = call i64 {_SYSTEM_CALL}(i64 {_YIELD}, i64 0, i64 0, i64 0, i64 0)",
        "  br label %settle",
        "leave:",
        "  %end = call i64 @llvm.readcyclecounter()",
        "  store i64 %end, ptr %ended, align 8",
        "  store atomic i64 0, ptr %control seq_cst, align 8",
        "  ret void",
        "}",
    ]  # fmt: skip


def _share() -> list[str]:
    """Have a function do a block of work, the second number of which tells how much, over threads where
    there are many elements and workers. units: what an element adds to each number."""
    return [
        "define internal void @share(ptr %words, ptr %function, ptr %block, ptr %units, i64 %count,"
        " i64 %least) nounwind {",
        "entry:",
        f"  %given = alloca [{_NUMBERS + 1 + 2 * MOST} x i64], align 8",
        "  %size.at = getelementptr i64, ptr %block, i64 1",
        "  %size = load i64, ptr %size.at, align 8",
        "  %is.short = icmp ult i64 %size, %least",
        "  br i1 %is.short, label %alone, label %look",
        "look:",
        *_word("control", 0, "%words"),
        "  %helpers.at = getelementptr i64, ptr %words, i64 1",
        "  %helpers = load atomic i64, ptr %helpers.at monotonic, align 8",
        "  %is.alone = icmp eq i64 %helpers, 0",
        "  br i1 %is.alone, label %alone, label %begin",
        "alone:",
        "  call void %function(ptr %block)",
        "  ret void",
        "begin:",
        "  %threads = add i64 %helpers, 1",
        f"  %most = mul i64 %threads, {PARTS}",
        "  %twice = mul i64 %size, 2",
        "  %wanted = udiv i64 %twice, %least",
        "  %is.many = icmp ugt i64 %wanted, %most",
        "  %parts.about = select i1 %is.many, i64 %most, i64 %wanted",
        "  %each.about = udiv i64 %size, %parts.about",
        f"  %each.more = add i64 %each.about, {UNIT - 1}",
        f"  %each = and i64 %each.more, {-UNIT}",
        "  %size.more = add i64 %size, %each",
        "  %size.up = sub i64 %size.more, 1",
        "  %parts = udiv i64 %size.up, %each",
        f"  %much = mul i64 %least, {_MUCH}",
        "  %is.long = icmp uge i64 %size, %much",
        "  %rings = zext i1 %is.long to i64",
        *[
            line
            for place, value in enumerate(
                [
                    "%control",
                    "%function",
                    "%count",
                    "1",
                    "%each",
                    "%size",
                    "%parts",
                    "%helpers",
                    "%rings",
                ]
            )
            for line in (
                f"  %g{place} = getelementptr i64, ptr %given, i64 {place}",
                f"  store {'ptr' if place == 1 else 'i64'} {value}, ptr %g{place}, align 8",
            )
        ],
        f"  %numbers = getelementptr i64, ptr %given, i64 {_NUMBERS + 1}",
        "  %ahead = getelementptr i64, ptr %numbers, i64 %count",
        "  br label %number",
        "number:",
        "  %k = phi i64 [ 0, %begin ], [ %k.next, %number ]",
        "  %from = getelementptr i64, ptr %block, i64 %k",
        "  %value = load i64, ptr %from, align 8",
        "  %to = getelementptr i64, ptr %numbers, i64 %k",
        "  store i64 %value, ptr %to, align 8",
        "  %unit.at = getelementptr i64, ptr %units, i64 %k",
        "  %unit = load i64, ptr %unit.at, align 8",
        "  %far = mul i64 %unit, %each",
        "  %far.at = getelementptr i64, ptr %ahead, i64 %k",
        "  store i64 %far, ptr %far.at, align 8",
        "  %k.next = add i64 %k, 1",
        "  %more = icmp ult i64 %k.next, %count",
        "  br i1 %more, label %number, label %lead",
        "lead:",
        f"  call void @loop_{_LEAD}(ptr %given)",
        "  ret void",
        "}",
    ]


def _work() -> list[str]:
    """Look for jobs and take part in them, for ever."""
    return [
        f"define void @loop_{_WORK}(ptr %given) nounwind {{",
        "entry:",
        "  %control = load ptr, ptr %given, align 8",
        *_word("looking", 1, "%given"), *_word("held.up", 2, "%given"),
        *_word("own", 3, "%given"),
        *_control(open=_OPEN, inside=_INSIDE, next=_NEXT, bell=_BELL, asleep=_ASLEEP, slot=_JOB),
        "  br label %begin",
        "begin:",
        "  %last = phi i64 [ 0, %entry ], [ %last.out, %out ], [ %last, %awake ]",
        "  %since = call i64 @llvm.readcyclecounter()",
        "  br label %look",
        "look:",
        "  %before = phi i64 [ %since, %begin ], [ %now, %pause ]",
        "  %seen = load atomic i64, ptr %open seq_cst, align 8",
        "  %is.open = icmp ne i64 %seen, 0",
        "  %is.new = icmp ne i64 %seen, %last",
        "  %joins = and i1 %is.open, %is.new",
        "  br i1 %joins, label %join, label %idle",
        "idle:",
        "  %now = call i64 @llvm.readcyclecounter()",
        "  %looked = sub i64 %now, %since",
        "  %is.long = icmp ugt i64 %looked, %looking",
        "  %gap = sub i64 %now, %before",
        "  %was.away = icmp ugt i64 %gap, %held.up",
        "  %sleeps = or i1 %is.long, %was.away",
        "  br i1 %sleeps, label %sleep, label %pause",
        "pause:",
        "  call void @llvm.x86.sse2.pause()",
        "  br label %look",
        "join:",
        "  %others = atomicrmw add ptr %inside, i64 1 seq_cst",
        "  %number = load atomic i64, ptr %open seq_cst, align 8",
        "  %is.still = icmp ne i64 %number, 0",
        "  br i1 %is.still, label %enter, label %out",
        "enter:",
        "  %job = load ptr, ptr %slot, align 8",
        *_word("helpers", _HELPERS),
        "  %is.wanted = icmp ult i64 %others, %helpers",
        "  br i1 %is.wanted, label %help, label %out",
        "help:",
        "  %threads = add i64 %helpers, 1",
        f"  %ranges = call i64 @llvm.umin.i64(i64 %threads, i64 {_RANGES})",
        "  %own.range = urem i64 %own, %ranges",
        "  call void @take(ptr %job, ptr %next, i64 %own.range, i64 %ranges)",
        "  br label %out",
        "out:",
        "  %last.out = phi i64 [ %last, %join ], [ %number, %enter ], [ %number, %help ]",
        "  %left = atomicrmw sub ptr %inside, i64 1 seq_cst",
        "  br label %begin",
        "sleep:",
        "  %fell = atomicrmw add ptr %asleep, i64 1 seq_cst",
        "  %heard = load atomic i32, ptr %bell seq_cst, align 4",
        "  %late = load atomic i64, ptr %open seq_cst, align 8",
        "  %is.late = icmp ne i64 %late, 0",
        "  %late.new = icmp ne i64 %late, %last",
        "  %stays = and i1 %is.late, %late.new",
        "  br i1 %stays, label %awake, label %rest",
        "rest:",
        "  %value = zext i32 %heard to i64",
        _futex("rested", _WAIT, "%value"),
        "  br label %awake",
        "awake:",
        "  %rose = atomicrmw sub ptr %asleep, i64 1 seq_cst",
        "  br label %begin",
        "}",
    ]  # fmt: skip
