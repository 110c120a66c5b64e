"""The graph of nodes and the pass back."""
