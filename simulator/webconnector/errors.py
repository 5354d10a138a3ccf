"""What goes wrong in the Web Connector, with the code that its user sees."""

from __future__ import annotations


class WebConnectorError(Exception):
    """A failure as the Web Connector shows it.

    ``code`` is the QBWC code, or empty where the real program shows none; ``text`` says what
    happened. Codes: Intuit, QuickBooks Web Connector Programmer's Guide.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}" if code else text)
        self.code = code
        self.text = text


class WebConnectorDied(Exception):
    """A rehearsed power cut: no further call is made and nothing is tidied up."""
