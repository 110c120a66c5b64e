"""torch.profiler: what a program spends its time on, op by op."""
