"""The command line: options, running, output, limits."""
