"""One definition an op, in folders by field."""
