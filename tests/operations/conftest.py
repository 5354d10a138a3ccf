from __future__ import annotations

from tests.models.payments.conftest import till

__all__ = ["till"]
