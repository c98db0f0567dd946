"""The settlement workbooks: live classic formulas that carry the engine's numbers."""
