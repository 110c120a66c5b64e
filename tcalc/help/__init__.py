"""Help: from the registry, from signatures, and by topic."""
