"""QuickBooks Desktop with the simulated company file, as the Web Connector's PC has it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from simulator.company import BadState, Company, QuickBooksError, QuickBooksSession
from simulator.webconnector.quickbooks import FILE_ID
from simulator.webconnector.qwc import QwcFile

COULD_NOT_OPEN = "0x80040403"


class Desktop:
    """QuickBooks with one company file.

    Either a company in memory, or one on disk: then it is read when the first session opens and
    bookkeeping commands wait until the last one closes. It is written before the answer to a
    write leaves, as QuickBooks does, and when the last session closes.
    """

    def __init__(self, company: Company) -> None:
        self._company = company
        self._path: Path | None = None
        self._opened: list[OpenFile] = []
        self._sessions = 0
        self._saved = company.books.writes
        self._change = ExitStack()

    @classmethod
    def on_disk(cls, path: Path) -> Desktop:
        """The company whose state is in ``path``. Raises BadState."""
        desktop = cls(Company.load(path))
        desktop._path = path
        return desktop

    def open(self, application: QwcFile, company_file: str) -> OpenFile:
        """Open the company for ``application``; see ``quickbooks.QuickBooks.open``."""
        self._begin()
        try:
            session = self._company.connect(
                application.app_name, owner_id=application.owner_id, company_file=company_file
            )
        except QuickBooksError:
            self._end()
            raise
        opened = OpenFile(self._company, session, self)
        self._opened.append(opened)
        return opened

    def switch_to(self, company: Company) -> None:
        """Open another company file, as its user may at any time: the sessions end.

        For companies in memory; who asks for a file by name still gets that one or none.
        """
        for opened in self._opened:
            opened.end()
        self._company = company

    def stamped_file_id(self, owner_id: str) -> str:
        """The FileID under ``owner_id``, read past QuickBooks; a lost file carries none."""
        try:
            company = self._company if self._path is None else Company.load(self._path)
        except BadState:
            return ""
        return company.data_ext(owner_id, FILE_ID) or ""

    def keep(self) -> None:
        """Write the company if anything was written to it since the last time."""
        if self._path is not None and self._company.books.writes != self._saved:
            self._company.save(self._path)
            self._saved = self._company.books.writes

    def closed(self, opened: OpenFile) -> None:
        """A session has ended."""
        if opened in self._opened:
            self._opened.remove(opened)
            self._end()

    def _begin(self) -> None:
        if self._path is not None and self._sessions == 0:
            try:
                self._company = self._change.enter_context(Company.changing(self._path))
                self._saved = self._company.books.writes
            except BadState as error:
                raise QuickBooksError(COULD_NOT_OPEN, str(error)) from error
        self._sessions += 1

    def _end(self) -> None:
        self._sessions -= 1
        if self._sessions == 0:
            self._change.close()


class OpenFile:
    """The company opened for one application; see ``quickbooks.OpenCompany``."""

    def __init__(self, company: Company, session: QuickBooksSession, desktop: Desktop) -> None:
        self._company = company
        self._session = session
        self._desktop = desktop

    @property
    def company_file(self) -> str:
        """The Windows path of the open file."""
        return self._company.books.profile.file_path

    def host_company_preferences(self) -> str:
        """QuickBooks' answer to the Web Connector's own queries."""
        return self._session.host_company_preferences()

    def process(self, request: str) -> str:
        """QuickBooks' answer to one message set; what it wrote is safe before the answer is."""
        try:
            return self._session.process(request)
        finally:
            self._desktop.keep()

    def data_ext(self, owner_id: str, name: str) -> str:
        """A data extension of the company record."""
        return self._company.data_ext(owner_id, name) or ""

    def set_data_ext(self, owner_id: str, name: str, value: str) -> None:
        """Write a data extension of the company record."""
        self._company.set_data_ext(owner_id, name, value)

    def close(self) -> None:
        """End the session; on disk the company is written. Closing twice does no harm."""
        self.end()
        self._desktop.closed(self)

    def end(self) -> None:
        """End the session from QuickBooks' side."""
        self._session.close()
