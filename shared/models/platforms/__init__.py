"""What the store keeps of billing platforms: accounts, records on both sides, both ways."""
