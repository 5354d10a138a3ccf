"""The JSON of passwords and ``.qwc`` files."""

from __future__ import annotations

from shared.operations.contracts.shapes import Shape
from shared.operations.issuing import Issued, IssuedFile
from shared.rules.values import Application

ISSUED_FILE = Shape(
    IssuedFile,
    "application=application.kind path application.username application.app_name",
    username="the user name in it",
)

ISSUED_FILES = Shape(
    Issued,
    "password=new_password files connection=connection.name",
    files=ISSUED_FILE,
    connection="the connection",
)

PASSWORD_OWNER = Shape(
    Application, "application=kind username", username="the user name that signs in with it"
)

ISSUED_PASSWORD = Shape(
    Issued,
    "password applications connection=connection.name",
    applications=PASSWORD_OWNER,
    connection="the connection",
)
