"""Pictures of a terminal: scenes, and how what is seen on one is drawn as SVG."""
