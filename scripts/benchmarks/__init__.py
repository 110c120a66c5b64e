"""What scripts/bench measures, beside whom, and how."""
