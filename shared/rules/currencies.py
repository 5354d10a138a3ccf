"""QuickBooks names currencies in words; ledgers and billing platforms use ISO 4217 codes."""

from __future__ import annotations

HOME_CURRENCY = {"US": "USD", "CA": "CAD", "UK": "GBP"}
"""The currency of a company file that keeps only one, by the edition's country."""

CODES = {
    "argentine peso": "ARS",
    "australian dollar": "AUD",
    "bahraini dinar": "BHD",
    "bangladeshi taka": "BDT",
    "barbados dollar": "BBD",
    "bermudian dollar": "BMD",
    "brazilian real": "BRL",
    "british pound sterling": "GBP",
    "bulgarian lev": "BGN",
    "canadian dollar": "CAD",
    "cayman islands dollar": "KYD",
    "chilean peso": "CLP",
    "chinese yuan renminbi": "CNY",
    "colombian peso": "COP",
    "costa rican colon": "CRC",
    "croatian kuna": "HRK",
    "czech koruna": "CZK",
    "danish krone": "DKK",
    "dominican peso": "DOP",
    "east caribbean dollar": "XCD",
    "egyptian pound": "EGP",
    "euro": "EUR",
    "fiji dollar": "FJD",
    "ghanaian cedi": "GHS",
    "guatemalan quetzal": "GTQ",
    "honduran lempira": "HNL",
    "hong kong dollar": "HKD",
    "hungarian forint": "HUF",
    "iceland krona": "ISK",
    "indian rupee": "INR",
    "indonesian rupiah": "IDR",
    "israeli shekel": "ILS",
    "jamaican dollar": "JMD",
    "japanese yen": "JPY",
    "jordanian dinar": "JOD",
    "kenyan shilling": "KES",
    "korean won": "KRW",
    "kuwaiti dinar": "KWD",
    "lebanese pound": "LBP",
    "malaysian ringgit": "MYR",
    "mauritian rupee": "MUR",
    "mexican peso": "MXN",
    "moroccan dirham": "MAD",
    "new zealand dollar": "NZD",
    "nigerian naira": "NGN",
    "norwegian krone": "NOK",
    "omani rial": "OMR",
    "pakistan rupee": "PKR",
    "panamanian balboa": "PAB",
    "peruvian nuevo sol": "PEN",
    "philippine peso": "PHP",
    "polish zloty": "PLN",
    "pound sterling": "GBP",
    "qatari riyal": "QAR",
    "romanian leu": "RON",
    "russian rouble": "RUB",
    "saudi riyal": "SAR",
    "serbian dinar": "RSD",
    "singapore dollar": "SGD",
    "south african rand": "ZAR",
    "sri lankan rupee": "LKR",
    "swedish krona": "SEK",
    "swiss franc": "CHF",
    "taiwan dollar": "TWD",
    "tanzanian shilling": "TZS",
    "thai baht": "THB",
    "trinidad and tobago dollar": "TTD",
    "tunisian dinar": "TND",
    "turkish lira": "TRY",
    "uae dirham": "AED",
    "ugandan shilling": "UGX",
    "ukrainian hryvnia": "UAH",
    "uruguayan peso": "UYU",
    "us dollar": "USD",
    "vietnamese dong": "VND",
    "yuan renminbi": "CNY",
    "zambian kwacha": "ZMW",
}


def currency_code(name: str) -> str:
    """The ISO code of a QuickBooks currency name ("US Dollar" → "USD").

    A three-letter name is taken as a code; a name that is not in the table, such as a
    currency the company made up, is returned unchanged, so that nothing is mixed up.
    """
    plain = " ".join(name.split())
    if len(plain) == 3 and plain.isalpha():
        return plain.upper()
    return CODES.get(plain.casefold(), plain)
