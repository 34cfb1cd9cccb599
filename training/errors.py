"""What stops a command of the workshop: a sentence for the person at the keyboard."""


class WorkshopError(Exception):
    """Something about the data, the run or the options; the text says what, and what to do next."""
