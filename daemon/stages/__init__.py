"""What a sync does, stage by stage, and what every stage has in common: moves, answers, pages."""
