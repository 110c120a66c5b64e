"""The prompt: editing, completion, history, `:` commands."""
