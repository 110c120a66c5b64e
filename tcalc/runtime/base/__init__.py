"""What everything stands on: names and their registry, op definitions, kinds of arguments, modes, memory, threads."""
