"""What a device must offer: NumPy on the CPU, CuPy on a GPU, shapes alone on meta."""
