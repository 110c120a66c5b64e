# Reports of made-up measurements. benchmark_reports.txt has what PyTorch 2.13 prints for this
# program, with the addresses of objects written as 0x.
from torch.utils.benchmark import Compare, Measurement, TaskSpec, select_unit


def measured(times, number_per_run=100, stmt="x + 1", setup="x = 3", **labels):
    return Measurement(number_per_run, times, TaskSpec(stmt, setup, **labels))


one = measured([0.00123])
print(one)
print(one.mean, one.median, one.iqr, one.title, one.env, one.has_warnings, one.as_row_name)
times = [0.0012, 0.0013, 0.0011, 0.0014, 0.0019]
five = measured(times, label="L", sub_label="s", description="d", num_threads=2)
print(five)
print(five.significant_figures, five.meets_confidence(), five.meets_confidence(0.5))
print(measured([1e-7 * i for i in range(1, 12)], 10, "for i in y:\n    i", "pass"))
print(measured([1.0, 1.0, 1.0, 1.01], 1, "a\nb", "a\nb", sub_label="q", description="two\nlines"))
print([len(m.times) for m in Measurement.merge([one, five, one])])

results = [
    measured(
        [0.001 * (1 + 30 * row + column + 0.01 * i * (1 + 9 * column)) for i in range(9)],
        label="matmul",
        sub_label=sub_label,
        description=description,
        num_threads=threads,
    )
    for threads in (1, 2)
    for row, sub_label in enumerate(("small", "a large one"))
    for column, description in enumerate(("mine", "theirs"))
    if (threads, row, column) != (2, 1, 1)
]
table = Compare(results)
table.extend_results([measured([0.5], label="other", description="x")])
table.print()
table.trim_significant_figures()
table.print()
table.highlight_warnings()
table.print()
environments = [
    measured([0.001 * (1 + i + j)] * 4, label="L", description="d", sub_label=f"s{j}", env=env)
    for i, env in enumerate(("old", "newer"))
    for j in range(2)
]
print(Compare(environments))
print([select_unit(t) for t in (5e-10, 3e-8, 2e-6, 0.0456, 1.5, 4000.0)])
