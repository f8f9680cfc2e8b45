"""Requests for a process in which nearly nothing is installed."""

import json

ROLE = "arn:aws:iam::000000000000:role/feature-store"


def group(name, table_format):
    return {
        "FeatureGroupName": name,
        "RecordIdentifierFeatureName": "id",
        "EventTimeFeatureName": "at",
        "FeatureDefinitions": [{"FeatureName": feature, "FeatureType": "String"} for feature in ("id", "at")],
        "OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "s3://features"}, "TableFormat": table_format},
        "RoleArn": ROLE,
    }


def put(emulator, name, region):
    values = {"id": "a", "at": "2024-01-01T00:00:00Z"}
    record = [{"FeatureName": feature, "ValueAsString": value} for feature, value in values.items()]
    signed = f"AWS4-HMAC-SHA256 Credential=A/20260101/{region}/sagemaker/aws4_request"
    headers = {"Authorization": signed, "Content-Type": "application/json"}
    return emulator.answer("PUT", f"/FeatureGroup/{name}", headers, json.dumps({"Record": record}).encode())
