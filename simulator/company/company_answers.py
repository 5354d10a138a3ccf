"""HostRet, CompanyRet and PreferencesRet: who this QuickBooks is and how it is set up."""

from __future__ import annotations

from simulator.company.answers import data_ext, element, flag, record, ref, wrap
from simulator.company.books import Books
from simulator.company.product import COUNTRY, CURRENCIES, Edition
from simulator.company.references import Shape

_ADDRESS = ("1 Custom House Wharf", "Attn: Books")


def host(books: Books, shape: Shape) -> str:
    """A HostRet."""
    product = books.profile.product
    parts = [
        element("ProductName", product.product_name),
        element("MajorVersion", product.major_version),
        element("MinorVersion", "0"),
        element("Country", COUNTRY[product.edition]),
        *(element("SupportedQBXMLVersion", version) for version in product.versions),
        flag("IsAutomaticLogin", False),
        element("QBFileMode", product.file_mode),
    ]
    return record("HostRet", parts, shape.version, shape.include)


def company(books: Books, shape: Shape) -> str:
    """A CompanyRet; an application's own values come when its OwnerID is asked for."""
    profile = books.profile
    country = COUNTRY[profile.edition]
    address = [
        *(element(f"Addr{n}", line) for n, line in enumerate(_ADDRESS, 1)),
        element("City", "Port Ellery"),
        element("Country", country),
    ]
    parts = [
        flag("IsSampleCompany", profile.is_sample),
        element("CompanyName", profile.name),
        element("LegalCompanyName", profile.name),
        wrap("Address", address),
        wrap("LegalAddress", address),
        element("Phone", "555-0100"),
        element("Email", "books@simulated.example"),
        element("FirstMonthFiscalYear", "January"),
        element("FirstMonthIncomeTaxYear", "January"),
        wrap("SubscribedServices", ()),
        wrap("AccountantCopy", (flag("AccountantCopyExists", False),)),
        *(
            data_ext(owner, name, value)
            for (owner, name), value in sorted(books.data_exts.items())
            if owner in shape.owners
        ),
    ]
    return record("CompanyRet", parts, shape.version, shape.include)


def preferences(books: Books, shape: Shape) -> str:
    """A PreferencesRet."""
    parts = [
        _accounting(books),
        _finance_charges(),
        _estimates(),
        _multicurrency(books),
        _purchases(),
        wrap(
            "ReportsPreferences",
            (
                element("AgingReportBasis", "AgeFromDueDate"),
                element("SummaryReportBasis", "Accrual"),
            ),
        ),
        wrap(
            "SalesAndCustomersPreferences",
            (
                flag("IsTrackingReimbursedExpensesAsIncome", False),
                flag("IsAutoApplyingPayments", True),
            ),
        ),
        _sales_tax(books),
        wrap("TimeTrackingPreferences", (element("FirstDayOfWeek", "Monday"),)),
        wrap(
            "CurrentAppAccessRights",
            (
                flag("IsAutomaticLoginAllowed", True),
                element("AutomaticLoginUserName", "Admin"),
                flag("IsPersonalDataAccessAllowed", True),
            ),
        ),
    ]
    return record("PreferencesRet", parts, shape.version, shape.include)


def _accounting(books: Books) -> str:
    return wrap(
        "AccountingPreferences",
        (
            flag("IsUsingAccountNumbers", True),
            flag("IsRequiringAccounts", True),
            flag("IsUsingClassTracking", False),
            flag("IsUsingAuditTrail", True),
            flag("IsAssigningJournalEntryNumbers", True),
            element("ClosingDate", books.profile.closing_date),
        ),
    )


def _finance_charges() -> str:
    return wrap(
        "FinanceChargePreferences",
        (
            element("GracePeriod", "30"),
            flag("IsAssessingForOverdueCharges", False),
            element("CalculateChargesFrom", "DueDate"),
            flag("IsMarkedToBePrinted", False),
        ),
    )


def _estimates() -> str:
    return wrap(
        "JobsAndEstimatesPreferences",
        (
            flag("IsUsingEstimates", True),
            flag("IsUsingProgressInvoicing", True),
            flag("IsPrintingItemsWithZeroAmounts", True),
        ),
    )


def _multicurrency(books: Books) -> str:
    on = books.profile.multicurrency
    parts = [flag("IsMultiCurrencyOn", on)]
    if on:
        home = books.entry("Currency", CURRENCIES[books.profile.home_currency].name)
        parts.append(ref("HomeCurrencyRef", home.list_id, home.name))
    return wrap("MultiCurrencyPreferences", parts)


def _purchases() -> str:
    return wrap(
        "PurchasesAndVendorsPreferences",
        (
            flag("IsUsingInventory", True),
            element("DaysBillsAreDue", "30"),
            flag("IsAutomaticallyUsingDiscounts", False),
        ),
    )


def _sales_tax(books: Books) -> str:
    """Only the US names a default tax item; elsewhere the codes on the lines say it all."""
    if books.profile.edition is not Edition.US:
        return ""
    item = books.of_kind("ItemSalesTax")[0]
    taxable, non_taxable = books.of_kind("SalesTaxCode")[:2]
    return wrap(
        "SalesTaxPreferences",
        (
            ref("DefaultItemSalesTaxRef", item.list_id, item.name),
            element("PaySalesTax", "Quarterly"),
            ref("DefaultTaxableSalesTaxCodeRef", taxable.list_id, taxable.name),
            ref("DefaultNonTaxableSalesTaxCodeRef", non_taxable.list_id, non_taxable.name),
        ),
    )
