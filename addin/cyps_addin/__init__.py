"""What Excel sees: cell functions."""
