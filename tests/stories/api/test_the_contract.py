"""The OpenAPI document and the shop agree, whatever anybody thinks of sending: no fault, no answer it does not name."""

import re

import msgspec
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from doorbuster.routes import api_endpoints
from doorbuster.web.openapi import document

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
    checks.missing_required_header,
    checks.unsupported_method,
    checks.negative_data_rejection,
]


schema = schemathesis.openapi.from_dict(msgspec.json.decode(document(api_endpoints(), "Doorbuster", "1")))


@schema.parametrize()
@settings(max_examples=25, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_shop_answers_as_its_contract_says(case, shop_url):
    case.call_and_validate(base_url=shop_url, checks=CHECKS)


def test_the_contract_is_openapi_and_describes_every_address(program):
    document = program.get("/api/v1/openapi.json").json

    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert document["openapi"] == "3.1.0"
    assert len(names) == len(set(names))
    assert {"list_products", "show_product", "list_sales", "get_sale_status", "create_hold"} <= set(names)


def test_every_refusal_of_the_contract_is_declared_with_its_status(program):
    document = program.get("/api/v1/openapi.json").json
    responses = [
        (int(status), response)
        for path in document["paths"].values()
        for operation in path.values()
        for status, response in operation["responses"].items()
        if int(status) >= 400
    ]

    for status, response in responses:
        named = response["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"]["type"]["enum"]
        for url in named:
            page = program.get(url).body.decode()
            assert re.search(rf"HTTP status {status}\b", page), url
