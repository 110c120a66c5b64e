"""What programs are made of as they run: types, attributes, built-ins and modules."""
