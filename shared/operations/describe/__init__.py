"""Records and plans in words, amounts and dates: drawn by commands and by screens alike."""
