"""The WSDL of the service, generated from the table of operations.

The Web Connector has its own copy compiled in and never asks for this one; people and
tools do. Document/literal wrapped, SOAP 1.1, all eleven operations.
"""

from __future__ import annotations

from html import escape

from daemon.edge.operations import NAMESPACE, OPERATIONS, SERVICE, Kind, Operation, Result

_SOAP = "http://schemas.xmlsoap.org/wsdl/soap/"
_HTTP_TRANSPORT = "http://schemas.xmlsoap.org/soap/http"
_PORT_TYPE = f"{SERVICE}Soap"

_INT = 'minOccurs="1" maxOccurs="1" {name} type="s:int"'
_STRING = 'minOccurs="0" maxOccurs="1" {name} type="s:string"'
_STRINGS = 'minOccurs="0" maxOccurs="1" {name} type="tns:ArrayOfString"'

_RESULT_TYPES = {Result.TEXT: _STRING, Result.NUMBER: _INT, Result.TEXTS: _STRINGS}

_ARRAY_OF_STRING = (
    '<s:complexType name="ArrayOfString"><s:sequence>'
    '<s:element minOccurs="0" maxOccurs="unbounded" name="string" nillable="true"'
    ' type="s:string"/>'
    "</s:sequence></s:complexType>"
)


def build_wsdl(address: str) -> bytes:
    """Write the WSDL for the service at ``address``, the URL that clients post to."""
    operations = OPERATIONS.values()
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="{_SOAP}"'
        f' xmlns:s="http://www.w3.org/2001/XMLSchema" xmlns:tns="{NAMESPACE}"'
        f' targetNamespace="{NAMESPACE}">\n'
        f'<wsdl:types><s:schema elementFormDefault="qualified" targetNamespace="{NAMESPACE}">\n'
        + "".join(map(_elements, operations))
        + f"{_ARRAY_OF_STRING}\n</s:schema></wsdl:types>\n"
        + "".join(map(_messages, operations))
        + f'<wsdl:portType name="{_PORT_TYPE}">\n'
        + "".join(map(_port_operation, operations))
        + f'</wsdl:portType>\n<wsdl:binding name="{_PORT_TYPE}" type="tns:{_PORT_TYPE}">'
        f'<soap:binding transport="{_HTTP_TRANSPORT}" style="document"/>\n'
        + "".join(map(_binding_operation, operations))
        + f'</wsdl:binding>\n<wsdl:service name="{SERVICE}">'
        f'<wsdl:port name="{_PORT_TYPE}" binding="tns:{_PORT_TYPE}">'
        f'<soap:address location="{escape(address)}"/></wsdl:port></wsdl:service>\n'
        "</wsdl:definitions>\n"
    ).encode("ascii", "xmlcharrefreplace")


def _elements(operation: Operation) -> str:
    parameters = "".join(
        _element(_INT if parameter.kind is Kind.NUMBER else _STRING, parameter.name)
        for parameter in operation.parameters
    )
    result = _element(_RESULT_TYPES[operation.result], f"{operation.name}Result")
    return _wrapper(operation.name, parameters) + _wrapper(f"{operation.name}Response", result)


def _element(shape: str, name: str) -> str:
    return "<s:element {}/>".format(shape.format(name=f'name="{name}"'))


def _wrapper(name: str, content: str) -> str:
    sequence = f"<s:sequence>{content}</s:sequence>" if content else "<s:sequence/>"
    return f'<s:element name="{name}"><s:complexType>{sequence}</s:complexType></s:element>\n'


def _messages(operation: Operation) -> str:
    return "".join(
        f'<wsdl:message name="{operation.name}Soap{way}">'
        f'<wsdl:part name="parameters" element="tns:{element}"/></wsdl:message>\n'
        for way, element in (("In", operation.name), ("Out", f"{operation.name}Response"))
    )


def _port_operation(operation: Operation) -> str:
    name = operation.name
    return (
        f'<wsdl:operation name="{name}"><wsdl:input message="tns:{name}SoapIn"/>'
        f'<wsdl:output message="tns:{name}SoapOut"/></wsdl:operation>\n'
    )


def _binding_operation(operation: Operation) -> str:
    return (
        f'<wsdl:operation name="{operation.name}">'
        f'<soap:operation soapAction="{NAMESPACE}{operation.name}" style="document"/>'
        '<wsdl:input><soap:body use="literal"/></wsdl:input>'
        '<wsdl:output><soap:body use="literal"/></wsdl:output></wsdl:operation>\n'
    )
