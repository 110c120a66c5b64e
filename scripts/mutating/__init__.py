"""The parts of scripts/mutants: what is changed, which tests touch it, and how they are run."""
