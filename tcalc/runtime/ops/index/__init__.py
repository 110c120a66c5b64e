"""Elements by place, by mask and by order."""
