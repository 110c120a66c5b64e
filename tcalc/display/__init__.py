"""Values as text: PyTorch's repr, bare numbers, JSON lines, a terminal's view, graph drawings."""
