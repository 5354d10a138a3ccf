import pytest

from shared.qbxml.responses import HostRet
from shared.qbxml.versions import (
    NoCommonVersion,
    choose_version,
    is_spoken,
    product_year,
    why_unsupported,
)

EVERY_PLAIN = tuple(f"{number}.0" for number in range(1, 17))


def host(**changes):
    known = {
        "product_name": "QuickBooks Desktop Enterprise 24.0",
        "major_version": "34",
        "country": "US",
        "supported_versions": EVERY_PLAIN,
    }
    return HostRet(**(known | changes))


@pytest.mark.parametrize(
    ("supported", "country", "chosen"),
    [
        (EVERY_PLAIN, "US", "13.0"),
        (("1.0", "13.0", "4.1"), "US", "13.0"),
        (("4.1", "12.0", "9.0"), "US", "12.0"),
        (("CA3.0", "13.0", "12.0"), "CA", "13.0"),
        (("CA13.0", "12.0"), "CA", "CA13.0"),
        (("CA13.0", "13.0"), "CA", "13.0"),
        (("UK13.0", "12.0"), "CA", "12.0"),
        ((" uk12.0 ",), "uk", "UK12.0"),
        (("10.0",), "", "10.0"),
    ],
)
def test_the_highest_version_that_both_sides_speak_is_chosen(supported, country, chosen):
    assert choose_version(supported, country) == chosen
    assert is_spoken(chosen)


@pytest.mark.parametrize(
    "supported", [(), ("CA3.0", "UK2.0"), ("9.0", "8.0"), ("17.0",), ("CA13.0",)]
)
def test_no_common_version_says_what_quickbooks_listed(supported):
    with pytest.raises(NoCommonVersion) as refused:
        choose_version(supported, "US")
    assert refused.value.supported == supported
    assert (", ".join(supported) or "none") in str(refused.value)


def test_a_version_is_a_number_and_not_a_text():
    assert not is_spoken("4.1")
    assert not is_spoken("130")
    assert not is_spoken("13.0 ")


def test_a_major_version_is_the_year_since_1990():
    assert [product_year(major) for major in ("34", "25", "22")] == [2024, 2015, 2012]
    assert product_year("") is None
    assert product_year("24R") is None


@pytest.mark.parametrize(
    "name",
    [
        "QuickBooks Enterprise Solutions 24.0",
        "QuickBooks: Premier Manufacturing and Wholesale Edition 2016",
        "QuickBooks Pro 2019",
        "QuickBooks Desktop Pro Plus 2022",
        "QuickBooks Accountant Desktop 2023",
        "QuickBooks: Contractor Edition 2020",
        "QuickBooks Desktop 2027",
        "",
    ],
)
@pytest.mark.parametrize("country", ["US", "CA", "UK", ""])
def test_supported_products_of_three_countries(name, country):
    assert why_unsupported(host(product_name=name, country=country)) is None


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"major_version": "24"}, "quickbooks-too-old", "2015 or later"),
        ({"product_name": "QuickBooks Simple Start 2016"}, "quickbooks-unsupported", "Premier"),
        ({"product_name": "QuickBooks Pro for Mac 2019"}, "quickbooks-unsupported", "Mac"),
        ({"product_name": "QuickBooks Point of Sale Pro"}, "quickbooks-unsupported", "Sale"),
        ({"country": "AU"}, "quickbooks-unsupported", "AU"),
        ({"supported_versions": ("7.0",)}, "qbxml-unsupported", "7.0"),
    ],
)
def test_what_is_not_served_gets_a_sentence_and_a_hint(changes, code, said):
    unsupported = why_unsupported(host(**changes))
    assert unsupported is not None
    assert unsupported.code == code
    assert said in unsupported.reason
    assert unsupported.reason.endswith(".")


def test_the_product_of_2015_is_the_first_that_is_served():
    assert why_unsupported(host(major_version="25")) is None


def test_a_major_version_that_is_withheld_leaves_the_decision_to_qbxml():
    assert why_unsupported(host(major_version="")) is None
