"""Payment Sync: what is posted, what is read back, and how no payment is posted twice."""
