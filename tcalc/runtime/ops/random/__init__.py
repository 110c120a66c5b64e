"""Random numbers: generators, draws."""
