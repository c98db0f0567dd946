"""The one kind of error a person can mend."""


class CypsError(ValueError):
    """Something in the inputs that the person who gave them can put right.

    Its text is shown as it stands: what happened, where, why it matters, what
    to do next. The command line and the cell functions show nothing else.
    """
