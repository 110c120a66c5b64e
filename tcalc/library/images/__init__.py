"""Images as PIL has them: a size, a mode and the bytes of pixels; Pillow itself only reads files."""
