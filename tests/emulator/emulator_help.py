"""What the emulator's tests share: groups to create, and a way in for boto3 that judges what comes out."""

import io

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError
from emulator_model import reply_faults

from reconciler.emulator.embedded import ConnectionDropped

ROLE = "arn:aws:iam::000000000000:role/feature-store"
S3 = "s3://features/prod"


def a_feature(name, kind="String", **more):
    return {"FeatureName": name, "FeatureType": kind, **more}


KEYS = (a_feature("id"), a_feature("at"))


def a_group(name="weather", *features, online=True, offline=None, **more):
    """The arguments of a CreateFeatureGroup that AWS would accept."""
    request = {
        "FeatureGroupName": name,
        "RecordIdentifierFeatureName": "id",
        "EventTimeFeatureName": "at",
        "FeatureDefinitions": [*KEYS, *features],
    }
    if online:
        request["OnlineStoreConfig"] = {"EnableOnlineStore": True, **(online if isinstance(online, dict) else {})}
    if offline is not None:
        request["OfflineStoreConfig"] = {"S3StorageConfig": {"S3Uri": S3}, **offline}
        request["RoleArn"] = ROLE
    return {**request, **more}


class _Raw(io.RawIOBase):
    """The body of a reply as botocore reads it: whole, or piece by piece."""

    def __init__(self, chunks):
        self._chunks = chunks
        self._left = b""

    def readable(self):
        return True

    def readinto(self, buffer):
        self._left = self._left or next(self._chunks, b"")
        taken, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)

    def read(self, amount=None, **_):
        return super().read(-1 if amount is None else amount)

    def stream(self, *_, **__):
        yield from self._chunks


class InProcess:
    """boto3's `before-send` handler: the reply comes from an emulator, and is held against botocore's model."""

    def __init__(self):
        self.emulator = None
        self.replies = 0

    def attach(self, client):
        service = client.meta.service_model

        def answer(request, event_name, **_):
            model = service.operation_model(event_name.rpartition(".")[2])
            body = request.body or b""
            body = body.encode() if isinstance(body, str) else body
            body = body.read() if hasattr(body, "read") else bytes(body)
            try:
                reply = self.emulator.answer(request.method, request.url, request.headers, body)
            except ConnectionDropped as dropped:
                raise ConnectionClosedError(endpoint_url=request.url) from dropped
            if reply.status < 300:
                self.replies += 1
                assert list(reply_faults(model, reply.headers, reply.body)) == []
            return AWSResponse(request.url, reply.status, reply.headers, _Raw(reply.chunks()))

        client.meta.events.register("before-send", answer)
        return client
