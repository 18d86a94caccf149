"""The corpus of the second opinion, and the training of its weights."""
