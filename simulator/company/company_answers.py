"""HostRet, CompanyRet and PreferencesRet: who this QuickBooks is and how it is set up."""

from __future__ import annotations

from simulator.company.answers import Shape, data_ext, element, flag, record, ref, wrap
from simulator.company.books import Books
from simulator.company.product import COUNTRY, CURRENCIES, Edition
from simulator.company.records import Entry

_ADDRESS = ("1 Custom House Wharf", "Attn: Books")


def _fields(**fields: str | bool) -> list[str]:
    """Each as an element."""
    return [
        flag(name, value) if isinstance(value, bool) else element(name, value)
        for name, value in fields.items()
    ]


def _group(name: str, **fields: str | bool) -> str:
    return wrap(name, _fields(**fields))


def host(books: Books, shape: Shape) -> str:
    """A HostRet."""
    product = books.profile.product
    parts = [
        *_fields(
            ProductName=product.product_name,
            MajorVersion=product.major_version,
            MinorVersion="0",
            Country=COUNTRY[product.edition],
        ),
        *(element("SupportedQBXMLVersion", version) for version in product.versions),
        *_fields(IsAutomaticLogin=False, QBFileMode=product.file_mode),
    ]
    return record("HostRet", parts, shape)


def company(books: Books, shape: Shape) -> str:
    """A CompanyRet; an application's own values come when its OwnerID is asked for."""
    profile = books.profile
    address = [
        *(element(f"Addr{n}", line) for n, line in enumerate(_ADDRESS, 1)),
        *_fields(City="Port Ellery", Country=COUNTRY[profile.edition]),
    ]
    parts = [
        *_fields(
            IsSampleCompany=profile.is_sample,
            CompanyName=profile.name,
            LegalCompanyName=profile.name,
        ),
        wrap("Address", address),
        wrap("LegalAddress", address),
        *_fields(
            Phone="555-0100",
            Email="books@simulated.example",
            FirstMonthFiscalYear="January",
            FirstMonthIncomeTaxYear="January",
        ),
        wrap("SubscribedServices", ()),
        _group("AccountantCopy", AccountantCopyExists=False),
        *(
            data_ext(owner, name, value)
            for (owner, name), value in sorted(books.data_exts.items())
            if owner in shape.owners
        ),
    ]
    return record("CompanyRet", parts, shape)


def preferences(books: Books, shape: Shape) -> str:
    """A PreferencesRet."""
    parts = [
        _group(
            "AccountingPreferences",
            IsUsingAccountNumbers=True,
            IsRequiringAccounts=True,
            IsUsingClassTracking=False,
            IsUsingAuditTrail=True,
            IsAssigningJournalEntryNumbers=True,
            ClosingDate=books.profile.closing_date,
        ),
        _group(
            "FinanceChargePreferences",
            GracePeriod="30",
            IsAssessingForOverdueCharges=False,
            CalculateChargesFrom="DueDate",
            IsMarkedToBePrinted=False,
        ),
        _group(
            "JobsAndEstimatesPreferences",
            IsUsingEstimates=True,
            IsUsingProgressInvoicing=True,
            IsPrintingItemsWithZeroAmounts=True,
        ),
        _multicurrency(books),
        _group(
            "PurchasesAndVendorsPreferences",
            IsUsingInventory=True,
            DaysBillsAreDue="30",
            IsAutomaticallyUsingDiscounts=False,
        ),
        _group(
            "ReportsPreferences", AgingReportBasis="AgeFromDueDate", SummaryReportBasis="Accrual"
        ),
        _group(
            "SalesAndCustomersPreferences",
            IsTrackingReimbursedExpensesAsIncome=False,
            IsAutoApplyingPayments=True,
        ),
        _sales_tax(books),
        _group("TimeTrackingPreferences", FirstDayOfWeek="Monday"),
        _group(
            "CurrentAppAccessRights",
            IsAutomaticLoginAllowed=True,
            AutomaticLoginUserName="Admin",
            IsPersonalDataAccessAllowed=True,
        ),
    ]
    return record("PreferencesRet", parts, shape)


def _multicurrency(books: Books) -> str:
    on = books.profile.multicurrency
    parts = [flag("IsMultiCurrencyOn", on)]
    if on:
        home = books.entry("Currency", CURRENCIES[books.profile.home_currency].name)
        parts.append(_ref("HomeCurrencyRef", home))
    return wrap("MultiCurrencyPreferences", parts)


def _sales_tax(books: Books) -> str:
    """Only the US names a default tax item; elsewhere the codes on the lines say it all."""
    if books.profile.edition is not Edition.US:
        return ""
    taxable, non_taxable = books.of_kind("SalesTaxCode")[:2]
    parts = (
        _ref("DefaultItemSalesTaxRef", books.of_kind("ItemSalesTax")[0]),
        element("PaySalesTax", "Quarterly"),
        _ref("DefaultTaxableSalesTaxCodeRef", taxable),
        _ref("DefaultNonTaxableSalesTaxCodeRef", non_taxable),
    )
    return wrap("SalesTaxPreferences", parts)


def _ref(name: str, entry: Entry) -> str:
    return ref(name, entry.list_id, entry.name)
