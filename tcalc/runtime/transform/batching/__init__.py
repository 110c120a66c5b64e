"""A batch at once: the interpreter of `vmap`, and what a tensor holds that stands for many."""
