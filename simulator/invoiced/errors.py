"""How the API says no."""

from __future__ import annotations


class ApiError(Exception):
    """A request that is refused: ``status``, a sentence, and perhaps which ``param`` is wrong."""

    def __init__(self, message: str, param: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.status = status

    def as_json(self) -> dict[str, str]:
        """The body of the answer."""
        kinds = {429: "rate_limit_error", 500: "api_error"}
        body = {"type": kinds.get(self.status, "invalid_request"), "message": self.message}
        return body | ({"param": self.param} if self.param else {})


def not_found(name: str, id_: object) -> ApiError:
    """There is no record of that ID."""
    return ApiError(f"{name} was not found: {id_}", status=404)


class BadState(Exception):
    """A state file that cannot be used; the text says why and what to do."""
