"""iwmon: an indicators-and-warnings monitor."""
