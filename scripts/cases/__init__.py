"""The generated case files of tests/recorded, a module each."""
