"""Deskbridge as a service of systemd: its files, and the steps that put it in its place."""
