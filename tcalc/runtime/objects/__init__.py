"""What programs are lent beside tensors: lists, containers, text, long work in pieces."""
