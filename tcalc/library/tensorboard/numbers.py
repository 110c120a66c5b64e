"""What SummaryWriter shows of numbers: curves, histograms, and how curves share charts."""

from __future__ import annotations

import time
from typing import Any

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.library.tensorboard import messages as m
from tcalc.library.tensorboard import summary
from tcalc.library.tensorboard.arrays import array_of, take
from tcalc.library.tensorboard.events import Events, Run, moment_of, step_of, tag_of
from tcalc.library.tensorboard.histogram import histogram
from tcalc.runtime.base.registry import silent
from tcalc.runtime.tensor.tensor import Tensor

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


class Numbers(Run):
    """Adds numbers to a run's files."""

    _public_ = frozenset(
        {
            "add_custom_scalars", "add_custom_scalars_marginchart",
            "add_custom_scalars_multilinechart", "add_histogram", "add_histogram_raw",
            "add_pr_curve", "add_pr_curve_raw", "add_scalar", "add_scalars", "add_tensor",
        }
    )  # fmt: skip

    @silent
    def add_scalar(
        self,
        tag: str,
        scalar_value: Any,
        global_step: Any = None,
        walltime: float | None = None,
        new_style: bool = False,
        double_precision: bool = False,
    ) -> None:
        """Add a point to a curve.

        tag: the curve's name; what stands before a `/` is its group. scalar_value: a number, or a
        tensor of one element. new_style: as a tensor, in float32 or with double_precision in float64.
        """
        new_style = take("add_scalar", "new_style", new_style, "bool")
        double_precision = take("add_scalar", "double_precision", double_precision, "bool")
        made = summary.scalar(tag_of("add_scalar", tag), scalar_value, new_style, double_precision)
        self._add(made, global_step, walltime)

    @silent
    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: dict[str, Any],
        global_step: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Add points to several curves of one chart, each in a file of its own in a folder below.

        tag_scalar_dict: by each curve's name, its number.
        """
        if not isinstance(tag_scalar_dict, dict):
            raise ArgumentError(
                f"tag_scalar_dict is a dict, not {type(tag_scalar_dict).__name__}",
                argument="tag_scalar_dict",
            )
        main_tag = tag_of("add_scalars", main_tag)
        step = step_of(global_step)
        moment = time.time() if walltime is None else moment_of(walltime)
        folder = self._main().folder
        for name, value in list(dict.items(tag_scalar_dict)):
            made = summary.scalar(main_tag, value, False, False)
            curve = f"{folder}/{main_tag.replace('/', '_')}_{tag_of('add_scalars', name)}"
            if curve not in self._files:
                self._files[curve] = Events(curve, self.filename_suffix)
            self._files[curve].add(made, step, moment)

    @silent
    def add_tensor(
        self, tag: str, tensor: Tensor, global_step: Any = None, walltime: float | None = None
    ) -> None:
        """Add all numbers of a tensor."""
        if not isinstance(tensor, Tensor):
            raise ArgumentError(
                f"tensor is a Tensor, not {type(tensor).__name__}", argument="tensor"
            )
        self._add(summary.tensor(tag_of("add_tensor", tag), tensor), global_step, walltime)

    @silent
    def add_histogram(
        self,
        tag: str,
        values: Any,
        global_step: Any = None,
        bins: Any = "tensorflow",
        walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:
        """Add how values are spread.

        values: a tensor, an array or a list of numbers, of any shape. bins: limits, how many there
        are, or the name of a rule: "tensorflow", or one of NumPy's such as "auto". max_bins: more are
        joined.
        """
        if max_bins is not None:
            max_bins = take("add_histogram", "max_bins", max_bins, "int")
            if max_bins < 1:
                raise ValueProblem("max_bins is 1 at least", argument="max_bins")
        made = histogram(array_of(values), bins, max_bins)
        self._add(summary.one(tag_of("add_histogram", tag), histo=made), global_step, walltime)

    @silent
    def add_histogram_raw(
        self,
        tag: str,
        min: float,
        max: float,
        num: int,
        sum: float,
        sum_squares: float,
        bucket_limits: Any,
        bucket_counts: Any,
        global_step: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Add a histogram that was made already: the upper limits of its bins and how often each is.

        min, max, num, sum, sum_squares: of the values. ValueError where there are not as many limits
        as counts.
        """
        limits, counts = array_of(bucket_limits), array_of(bucket_counts)
        if limits.shape != counts.shape or limits.ndim != 1:
            raise ValueProblem("len(bucket_limits) != len(bucket_counts), see the document.")
        numbers = {"min": min, "max": max, "num": num, "sum": sum, "sum_squares": sum_squares}
        taken = {
            name: take("add_histogram_raw", name, value, "float") for name, value in numbers.items()
        }
        made = m.HISTOGRAM(**taken, bucket_limit=limits, bucket=counts)
        self._add(summary.one(tag_of("add_histogram_raw", tag), histo=made), global_step, walltime)

    @silent
    def add_pr_curve(
        self,
        tag: str,
        labels: Any,
        predictions: Any,
        global_step: Any = None,
        num_thresholds: int = 127,
        weights: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Add precision and recall by threshold.

        labels: what is true, 0 or 1. predictions: how likely it was held, from 0 to 1.
        """
        thresholds = take("add_pr_curve", "num_thresholds", num_thresholds, "int")
        made = summary.pr_curve(
            tag_of("add_pr_curve", tag),
            array_of(labels),
            array_of(predictions),
            thresholds,
            weights,
        )
        self._add(made, global_step, walltime)

    @silent
    def add_pr_curve_raw(
        self,
        tag: str,
        true_positive_counts: Any,
        false_positive_counts: Any,
        true_negative_counts: Any,
        false_negative_counts: Any,
        precision: Any,
        recall: Any,
        global_step: Any = None,
        num_thresholds: int = 127,
        weights: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Add such a curve from counts that were made already, each with a number a threshold."""
        thresholds = take("add_pr_curve_raw", "num_thresholds", num_thresholds, "int")
        rows = (
            true_positive_counts, false_positive_counts, true_negative_counts,
            false_negative_counts, precision, recall,
        )  # fmt: skip
        made = summary.curve(
            tag_of("add_pr_curve_raw", tag), [array_of(row) for row in rows], thresholds
        )
        self._add(made, global_step, walltime)

    @silent
    def add_custom_scalars_multilinechart(
        self, tags: Any, category: str = "default", title: str = "untitled"
    ) -> None:
        """Show several curves in one chart; tags: those of `add_scalar`."""
        self.add_custom_scalars({category: {title: ["Multiline", tags]}})

    @silent
    def add_custom_scalars_marginchart(
        self, tags: Any, category: str = "default", title: str = "untitled"
    ) -> None:
        """Show a curve between two others; tags: of the curve, of the lower and the upper one."""
        self.add_custom_scalars({category: {title: ["Margin", tags]}})

    @silent
    def add_custom_scalars(self, layout: dict[str, Any]) -> None:
        """Say which curves share charts: {category: {chart: ["Multiline" or "Margin", tags]}}."""
        self._add(summary.custom_scalars(layout), None, None)
