"""What this program is called, and which version of it runs; read from the package once."""

from __future__ import annotations

from importlib.metadata import version

PRODUCT = "Deskbridge"
VERSION = version("deskbridge")
