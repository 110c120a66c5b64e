"""Many elements to fewer: sums, extremes, norms, statistics, running totals."""
