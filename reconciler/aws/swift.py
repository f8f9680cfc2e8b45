"""DescribeFeatureGroup without the client's machinery, for a thousand groups at once.

A plan describes every group of its registry, and botocore spends twice as long around the request as on it:
endpoint rules, user agents, a parser driven by the model. Here the same request is signed by botocore's own signer,
sent on the client's own connections (its proxies, certificates and pool), and read as JSON.

It only ever succeeds. Anything but a plain answer is left to the client, who knows retries and errors.
"""

from __future__ import annotations

import json
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError

from reconciler.aws.errors import Reply

_HEADERS = {
    "X-Amz-Target": "SageMaker.DescribeFeatureGroup",
    "Content-Type": "application/x-amz-json-1.1",
    "User-Agent": "reconciler",
}
_OK = 200


class SwiftDescribe:
    """Describes groups on the connections of a client."""

    def __init__(self, client: Any) -> None:
        # Two private names of botocore; where they should go away, so does the short cut: see `of`.
        self._http = client._endpoint.http_session  # noqa: SLF001
        self._credentials = client._request_signer._credentials  # noqa: SLF001
        self._url = client.meta.endpoint_url.rstrip("/") + "/"
        self._region = client.meta.region_name

    @classmethod
    def of(cls, client: Any) -> SwiftDescribe | None:
        """The short cut for this client, or None where this botocore does not allow it."""
        try:
            return cls(client)
        except AttributeError:
            return None

    def describe(self, group: str) -> Reply | None:
        """The whole reply; None where the client had better ask."""
        body = json.dumps({"FeatureGroupName": group}).encode()
        request = AWSRequest("POST", self._url, headers=_HEADERS, data=body)
        try:
            SigV4Auth(self._credentials.get_frozen_credentials(), "sagemaker", self._region).add_auth(request)
            answer = self._http.send(request.prepare())
            reply: Reply = json.loads(answer.content) if answer.status_code == _OK else {}
        except (BotoCoreError, ValueError, AttributeError):
            return None
        return reply if "FeatureGroupName" in reply and not reply.get("NextToken") else None
