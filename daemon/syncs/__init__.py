"""What every kind of sync has in common: its stages, its moves, reading answers, pages."""
