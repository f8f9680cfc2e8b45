"""A call without the client's machinery, for plans over a thousand groups.

A plan describes every group of its registry and reads the whole search index, and botocore spends twice as long
around a request as on it: endpoint rules, user agents, a parser driven by the model. Here the same request is signed
by botocore's own signer, sent on the client's own connections (its proxies, certificates and pool), and read as JSON.

It only ever succeeds. Anything but a plain answer is left to the client, who knows retries and errors.
"""

from __future__ import annotations

import json
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError

from reconciler.aws.errors import Reply

_OK = 200


class Swift:
    """Reads on the connections of a `sagemaker` client, whose protocol is JSON 1.1."""

    def __init__(self, client: Any) -> None:
        # Two private names of botocore; should they go away, so does the short cut: see `of`.
        self._http = client._endpoint.http_session  # noqa: SLF001
        self._credentials = client._request_signer._credentials  # noqa: SLF001
        self._url = client.meta.endpoint_url.rstrip("/") + "/"
        self._region = client.meta.region_name

    @classmethod
    def of(cls, client: Any) -> Swift | None:
        """The short cut for this client, or None where this botocore does not allow it."""
        try:
            return cls(client)
        except AttributeError:
            return None

    def call(self, operation: str, request: Reply) -> Reply | None:
        """The whole reply, its times as seconds; None where the client had better ask."""
        headers = {
            "X-Amz-Target": f"SageMaker.{operation}",
            "Content-Type": "application/x-amz-json-1.1",
            "User-Agent": "reconciler",
        }
        asked = AWSRequest("POST", self._url, headers=headers, data=json.dumps(request).encode())
        try:
            SigV4Auth(self._credentials.get_frozen_credentials(), "sagemaker", self._region).add_auth(asked)
            answer = self._http.send(asked.prepare())
            reply = json.loads(answer.content) if answer.status_code == _OK else None
        except (BotoCoreError, ValueError, AttributeError):
            return None
        return reply if isinstance(reply, dict) else None
