"""The children's services relative needs formula, from coefficient to pound."""
