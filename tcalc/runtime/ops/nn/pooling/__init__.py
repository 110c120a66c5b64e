"""The greatest, the mean or the norm of windows."""
