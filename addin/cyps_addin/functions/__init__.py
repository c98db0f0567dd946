"""The cell functions, one room a family; the registry puts them together."""
